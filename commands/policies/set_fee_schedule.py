"""Sets the technical service fee."""

from __future__ import annotations

from collections.abc import Iterator

from commands.publication import Publication, publication
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import FeeScheduleSet
from ledger.ids import policy_stream
from ledger.policies.fees import Fees
from ledger.streams.reference_data import PolicyHistory


class SetFeeSchedule(Publication, name="set_fee_schedule"):
    """Sets the service fee of orders placed from `effective_from` on, at least a minute after the approval.

    Takes two people. Refused if it starts too soon, or if it fails on sample orders.
    """

    content: Fees

    @property
    def stream(self) -> str:
        return policy_stream(Fees.key)


def decide(command: SetFeeSchedule, history: PolicyHistory, rules: Rules) -> Iterator[Event]:
    yield from publication(command, command.content, history, FeeScheduleSet)
