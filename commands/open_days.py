"""The first open accounting day of each book, as the log told it a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ledger.log.reading import Reader

_REMEMBERED_S = 5.0  # a period may be reopened: who does not ask again posts a late fact to a later day than it need be


class OpenDays:
    """Asked of all books at once. What was closed since costs a round: the append knows better, and says so."""

    def __init__(self, reader: Reader, monotonic: Callable[[], float]) -> None:
        self._reader, self._monotonic = reader, monotonic
        self._days: dict[int, date] = {}
        self._asked_at: float | None = None

    def of(self, book: int) -> date:
        """The first day that entries of the book can stand on."""
        now = self._monotonic()
        if self._asked_at is None or now - self._asked_at >= _REMEMBERED_S:
            self._days, self._asked_at = self._reader.first_open_days(), now
        return self._days.get(book, date.min)

    def learn(self, book: int, day: date) -> None:
        """An append was refused because of this."""
        self._days[book] = day
