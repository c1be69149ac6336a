"""A bank's statement in no bank's own form: an account, its balances, and what moved between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ledger.money import Money, total


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One booked movement, positive where it came in. `references` name what it may be for, the surest first.

    `texts` are the remittance in free words: looked through, never kept, since they may name people. `return_code`
    is set where money that had left came back (ISO 20022 return reasons: AC04, closed account …).
    """

    line: int
    ref: str
    amount: Money
    booked_on: date
    value_date: date
    references: tuple[str, ...]
    texts: tuple[str, ...]
    return_code: str = ""


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One statement of one account: `opening` + Σ `entries` = `closing`."""

    line: int
    statement_id: str
    account: str
    opening: Money
    closing: Money
    opened_on: date
    closed_on: date
    entries: tuple[BankEntry, ...]

    @property
    def expected_closing(self) -> Money:
        return self.opening + total([entry.amount for entry in self.entries], self.opening.currency)
