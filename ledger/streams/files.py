"""What is remembered of partners' files: that one was accepted and recorded; of bank accounts and their entries."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import singledispatchmethod
from typing import Any

from ledger.events.files import BankEntryMatched, BankStatementImported, FileAccepted, FileRecorded
from ledger.streams.stream import Stream


class AcceptedFile(Stream):
    """The stream `file/<kind>/<digest>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.accepted: FileAccepted | None = None
        self.recorded: FileRecorded | None = None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: FileAccepted) -> None:
        self.accepted = event

    @evolve.register
    def _(self, event: FileRecorded) -> None:
        self.recorded = event


class BankAccount(Stream):
    """The stream `bank_account/<account>/<currency>`: each statement opens where the one before it closed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.statements: list[BankStatementImported] = []  # by the day they close on, then as they came

    def known(self, statement_id: str, closed_on: date, page: int) -> BankStatementImported | None:
        """The statement of this number, day and page, if it was imported."""
        asked = (statement_id, closed_on, page)
        of_it = (each for each in self.statements if (each.statement_id, each.closed_on, each.page) == asked)
        return next(of_it, None)

    def before(self, closed_on: date, page: int) -> BankStatementImported | None:
        """The last statement up to this day and page, whenever it was imported."""
        return self.statements[n - 1] if (n := self._place(closed_on, page)) else None

    def after_day(self, closed_on: date, page: int) -> BankStatementImported | None:
        """The first statement behind this day and page, if one was imported before."""
        n = self._place(closed_on, page)
        return self.statements[n] if n < len(self.statements) else None

    def _place(self, closed_on: date, page: int) -> int:
        return bisect_right(self.statements, (closed_on, page), key=_order)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: BankStatementImported) -> None:
        self.statements.insert(self._place(*_order(event)), event)


def _order(statement: BankStatementImported) -> tuple[date, int]:
    return statement.closed_on, statement.page


class BankStatement(Stream):
    """The stream `bank_statement/<account>/<currency>/<statement>/<day>`: entries that were matched; those that were
    not are breaks."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.matched: set[str] = set()

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: BankEntryMatched) -> None:
        self.matched.add(event.entry_ref)
