"""The first open accounting day of each book, as an append last told it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

_REMEMBERED_S = 5.0  # a period may be reopened: asking again costs a late fact one more round


class OpenDays:
    """What is not known, or was told a while ago, counts as open: the append knows better and says so."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told: dict[int, tuple[date, float]] = {}

    def of(self, book: int) -> date:
        """The first day that entries of the book can stand on."""
        day, told_at = self._told.get(book, (date.min, 0.0))
        return day if self._monotonic() - told_at < _REMEMBERED_S else date.min

    def learn(self, book: int, day: date) -> None:
        """An append was refused because of this."""
        self._told[book] = day, self._monotonic()
