"""Adopts a policy if none is in force, for a new ledger or an import of the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import model_validator

from commands.command import Command
from commands.publication import check_usable
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import FeeScheduleSet, PolicyPublished
from ledger.ids import Id, policy_stream
from ledger.instants import Instant
from ledger.policies.fees import Fees
from ledger.policies.kinds import read_content, written
from ledger.streams.reference_data import PolicyHistory


class AdoptPolicy(Command, name="adopt_policy"):
    """Puts a policy in force from an instant at which no version of it is in force.

    For importers only, and for one actor, because it changes no published rule. Records nothing if a version is in
    force by then: change that with `publish_policy` or `set_fee_schedule`, which take two people.
    """

    key: Id
    content: dict[str, Any]
    effective_from: Instant

    @model_validator(mode="after")
    def _is_a_policy(self) -> Self:
        read_content(self.key, self.content)
        return self

    @property
    def stream(self) -> str:
        return policy_stream(self.key)


def decide(command: AdoptPolicy, history: PolicyHistory, rules: Rules) -> Iterator[Event]:
    if history.begins is not None and history.begins <= command.effective_from:
        return
    content = read_content(command.key, command.content)
    check_usable(content)
    kind = FeeScheduleSet if command.key == Fees.key else PolicyPublished
    yield kind(
        key=command.key,
        version=history.last_version + 1,
        content=written(content),
        effective_from=command.effective_from,
        proposer=command.actor.id,
        approver=command.actor.id,
        published_at=command.decided_at,
    )
