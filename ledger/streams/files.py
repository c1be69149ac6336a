"""Streams of partners' files, of bank accounts and of bank statements."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import singledispatchmethod
from typing import Any

from ledger.events.files import BankEntryMatched, BankStatementImported, FileAccepted, FileRecorded, PaymentOrderWritten
from ledger.streams.stream import Stream


class AcceptedFile(Stream):
    """The stream `file/<kind>/<digest>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.accepted: FileAccepted | None = None
        self.recorded: FileRecorded | None = None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: FileAccepted) -> None:
        self.accepted = event

    @evolve.register
    def _(self, event: FileRecorded) -> None:
        self.recorded = event


class PaymentOrder(Stream):
    """The stream `payment_order/<message id>`: the payouts of one message to the bank, with their merchants."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.merchants: dict[str, str] = {}  # payout → merchant

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: PaymentOrderWritten) -> None:
        self.merchants |= {each.payout_id: each.merchant_id for each in event.payouts}


class BankAccount(Stream):
    """The stream `bank_account/<account>/<currency>`. Each statement opens at the closing balance of the one before
    it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.statements: list[BankStatementImported] = []  # by closing day, then by page

    def known(self, statement_id: str, closed_on: date, page: int) -> BankStatementImported | None:
        """Returns the imported statement with this number, closing day and page, or None."""
        asked = (statement_id, closed_on, page)
        of_it = (each for each in self.statements if (each.statement_id, each.closed_on, each.page) == asked)
        return next(of_it, None)

    def before(self, closed_on: date, page: int) -> BankStatementImported | None:
        """Returns the last statement up to this closing day and page, or None."""
        return self.statements[n - 1] if (n := self._place(closed_on, page)) else None

    def after_day(self, closed_on: date, page: int) -> BankStatementImported | None:
        """Returns the first statement after this closing day and page, or None."""
        n = self._place(closed_on, page)
        return self.statements[n] if n < len(self.statements) else None

    def _place(self, closed_on: date, page: int) -> int:
        return bisect_right(self.statements, (closed_on, page), key=_order)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: BankStatementImported) -> None:
        self.statements.insert(self._place(*_order(event)), event)


def _order(statement: BankStatementImported) -> tuple[date, int]:
    return statement.closed_on, statement.page


class BankStatement(Stream):
    """The stream `bank_statement/<account>/<currency>/<statement>/<day>`. `matched` has the references of matched
    entries; an unmatched entry is a break."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.matched: set[str] = set()

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: BankEntryMatched) -> None:
        self.matched.add(event.entry_ref)
