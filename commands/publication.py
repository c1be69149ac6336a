"""What every publication of a rule has in common: that it can be used, from when it holds, its number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from commands.two_people import TwoPersonCommand
from ledger.events.platform import FeeScheduleSet, PolicyPublished
from ledger.instants import Instant
from ledger.policies.kinds import written
from ledger.policies.policy import Policy
from ledger.policies.trial import faults
from ledger.refusals.catalogue import PolicyEffectiveTooSoon
from ledger.refusals.finance import PolicyNotUsable
from ledger.streams.reference_data import PolicyHistory

NOTICE = timedelta(minutes=1)  # by then every decider has read book 0 (design §2, Guards)
_MOST_FAULTS = 3  # are named in the refusal


class Publication(TwoPersonCommand):
    """A rule is published. The notice counts from the approval: a proposal that waits too long is refused then."""

    effective_from: Instant


def publication(
    command: Publication, content: Policy, history: PolicyHistory, kind: type[PolicyPublished] | type[FeeScheduleSet]
) -> Iterator[PolicyPublished | FeeScheduleSet]:
    """The next version of a policy; nothing where the newest says the same from the same instant on.

    Raises `PolicyEffectiveTooSoon` (importers replay the past) and `PolicyNotUsable`, where it fails on sample orders.
    """
    text: dict[str, Any] = written(content)
    if history.content == text and history.effective_from == command.effective_from:
        return
    earliest = command.decided_at + NOTICE
    if command.effective_from < earliest and not command.actor.is_importer:
        raise PolicyEffectiveTooSoon(effective_from=command.effective_from, earliest=earliest)
    check_usable(content)
    yield kind(
        key=content.key,
        version=history.last_version + 1,
        content=text,
        effective_from=command.effective_from,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        published_at=command.decided_at,
    )


def check_usable(content: Policy) -> None:
    """Raises `PolicyNotUsable` for a policy that fails on sample orders."""
    if wrong := tuple(faults(content)):
        raise PolicyNotUsable(policy=content.key, faults=wrong[:_MOST_FAULTS])
