"""Closing a period in one book: a marker, behind which nothing is posted to its days."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.periods import check_next
from commands.command import Command
from commands.rules import Rules
from ledger.calendar_months import first_day, month_after
from ledger.events.event import Event
from ledger.events.periods import BookPeriodClosed
from ledger.ids import periods_stream
from ledger.instants import Month
from ledger.numbers import Count
from ledger.streams.periods import Periods


class CloseBookPeriod(Command, name="close_book_period"):
    """The first step of a period's closing, once for every book; `complete_period_close` is the last."""

    book: Count
    period: Month

    @property
    def stream(self) -> str:
        return periods_stream(self.book)


def decide(command: CloseBookPeriod, periods: Periods, rules: Rules) -> Iterator[Event]:
    check_next(command, periods, command.period)
    yield BookPeriodClosed(
        book=command.book,
        period=command.period,
        first_open_day=first_day(month_after(command.period)),
        closed_at=command.decided_at,
    )
