"""Approves the closing of an accounting period."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.periods import check_next
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.events.event import Event
from ledger.events.periods import PeriodClosingApproved
from ledger.ids import periods_stream
from ledger.instants import Month
from ledger.streams.periods import Periods


class ClosePeriod(TwoPersonCommand, name="close_period"):
    """Approves the closing of a month. The system then closes the period in every book, and the period itself.

    Takes two people. Refused if the month is not over, already closed, or not the next one to close.
    """

    period: Month

    @property
    def stream(self) -> str:
        return periods_stream()


def decide(command: ClosePeriod, periods: Periods, rules: Rules) -> Iterator[Event]:
    check_next(command, periods, command.period)
    if periods.closing and periods.closing.period == command.period:
        return
    yield PeriodClosingApproved(
        period=command.period,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        approved_at=command.decided_at,
    )
