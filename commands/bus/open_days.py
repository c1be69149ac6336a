"""The first open accounting day of each book: remembered, and asked for anew before anything rests on a closed one."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from ledger.log.reader import Reader


class OpenDays:
    """The first open day of each book, as last read. If a period was closed since, the append refuses it, and the round
    runs again. A reopened period is not noticed until the next read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._days: dict[int, date] = {}

    def of(self, book: int) -> date:
        """As it is remembered; asked for where it never was."""
        return self._days[book] if book in self._days else self.ask(book)

    def ask(self, book: int) -> date:
        """As it is now."""
        self.learn(book, day := self._reader.first_open_day(book))
        return day

    def learn(self, book: int, day: date) -> None:
        """As the book's head row says."""
        self._days[book] = day


class OpenDay:
    """That of one book, for one round of decisions."""

    def __init__(self, days: OpenDays, book: int) -> None:
        self._days, self._book = days, book

    @cached_property
    def known(self) -> date:
        """As the log says in this round."""
        return self._days.ask(self._book)

    def not_before(self, day: date) -> date:
        """The day that entries of this one stand on: itself, or the first one that is open."""
        return day if day >= self._days.of(self._book) else max(day, self.known)
