"""Publishes a new version of a policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import model_validator

from commands.publication import Publication, publication
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import PolicyPublished
from ledger.ids import Id, policy_stream
from ledger.policies.fees import Fees
from ledger.policies.kinds import read_content
from ledger.streams.reference_data import PolicyHistory


class PublishPolicy(Publication, name="publish_policy"):
    """Publishes a policy that is in force from `effective_from` on, at least a minute after the approval.

    Takes two people. Refused if it starts too soon, or if it fails on sample orders. All deciders know it after a
    minute.
    """

    key: Id
    content: dict[str, Any]

    @model_validator(mode="after")
    def _is_a_policy(self) -> Self:
        if self.key == Fees.key:
            raise ValueError("a fee schedule is set by the command set_fee_schedule")
        read_content(self.key, self.content)
        return self

    @property
    def stream(self) -> str:
        return policy_stream(self.key)


def decide(command: PublishPolicy, history: PolicyHistory, rules: Rules) -> Iterator[Event]:
    yield from publication(command, read_content(command.key, command.content), history, PolicyPublished)
