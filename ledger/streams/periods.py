"""The streams of accounting periods: markers in each book, and closings of the whole ledger."""

from __future__ import annotations

from datetime import date
from functools import singledispatchmethod
from typing import Any

from ledger.calendar_months import month_before, month_of
from ledger.events.periods import (
    AccountingPeriodClosed,
    AccountingPeriodReopened,
    BookPeriodClosed,
    BookPeriodReopened,
    PeriodClosingApproved,
)
from ledger.streams.stream import Stream


class Periods(Stream):
    """The streams `periods/<book>`, and `periods/ledger` in book 0."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.first_open_day: date | None = None  # None: no period was ever closed
        self.reopened = ""  # the reopened period, empty once one is closed again
        self.changes = 0
        self.closing: PeriodClosingApproved | None = None  # approved and not completed

    @property
    def last_closed(self) -> str | None:
        """The newest closed period as `yyyy-mm`, or None. All periods before it are closed too."""
        return month_before(month_of(self.first_open_day)) if self.first_open_day else None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: PeriodClosingApproved) -> None:
        self.closing = event

    @evolve.register
    def _(self, event: BookPeriodClosed | AccountingPeriodClosed) -> None:
        self._open_from(event.first_open_day)

    @evolve.register
    def _(self, event: BookPeriodReopened | AccountingPeriodReopened) -> None:
        self._open_from(event.first_open_day, reopened=event.period)

    def _open_from(self, day: date, *, reopened: str = "") -> None:
        self.first_open_day, self.reopened, self.closing = day, reopened, None
        self.changes += 1
