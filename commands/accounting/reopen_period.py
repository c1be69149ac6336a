"""Reopens the last closed accounting period."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.periods import check_last
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.calendar_months import first_day
from ledger.events.event import Event
from ledger.events.periods import AccountingPeriodReopened
from ledger.ids import periods_stream
from ledger.instants import Month
from ledger.streams.periods import Periods


class ReopenPeriod(TwoPersonCommand, name="reopen_period"):
    """Opens the last closed month for postings again; its books are reopened next.

    Takes two people. Refused for any other month, and while a month is being closed.
    """

    period: Month

    @property
    def stream(self) -> str:
        return periods_stream()


def decide(command: ReopenPeriod, periods: Periods, rules: Rules) -> Iterator[Event]:
    check_last(periods, command.period)
    yield AccountingPeriodReopened(
        period=command.period,
        first_open_day=first_day(command.period),
        reason=command.proposal.reason,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        reopened_at=command.decided_at,
    )
