"""Reopening a period in one book."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.periods import check_last
from commands.command import Command
from commands.rules import Rules
from ledger.calendar_months import first_day
from ledger.events.event import Event
from ledger.events.periods import BookPeriodReopened
from ledger.ids import periods_stream
from ledger.instants import Month
from ledger.numbers import Count
from ledger.streams.periods import Periods


class ReopenBookPeriod(Command, name="reopen_book_period"):
    """Reopens the month in one book. `reopen_period` causes it once for every book."""

    book: Count
    period: Month

    @property
    def stream(self) -> str:
        return periods_stream(self.book)


def decide(command: ReopenBookPeriod, periods: Periods, rules: Rules) -> Iterator[Event]:
    check_last(periods, command.period)
    yield BookPeriodReopened(
        book=command.book,
        period=command.period,
        first_open_day=first_day(command.period),
        reopened_at=command.decided_at,
    )
