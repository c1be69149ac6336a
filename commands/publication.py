"""Shared parts of publications of a policy: checks, start and version."""

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

NOTICE = timedelta(minutes=1)  # after this time all deciders have read book 0 (design §2, Guards)
_MOST_FAULTS = 3  # faults in one refusal


class Publication(TwoPersonCommand):
    """Publishes a policy. The notice counts from the approval, so a proposal that waits too long is refused."""

    effective_from: Instant


def publication(
    command: Publication, content: Policy, history: PolicyHistory, kind: type[PolicyPublished] | type[FeeScheduleSet]
) -> Iterator[PolicyPublished | FeeScheduleSet]:
    """Yields the next version of a policy, or nothing if the newest has the same content and start.

    Raises `PolicyEffectiveTooSoon` (not for importers, who replay the past) and `PolicyNotUsable` if it fails on sample
    orders.
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
