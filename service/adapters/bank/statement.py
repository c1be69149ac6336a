"""A bank's statement in no bank's own form: an account, its balances, and what moved between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from xml.etree.ElementTree import Element

from ledger.ids import bank_statement_stream
from ledger.money import Money
from service.adapters.files.unread import UnreadItem


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One booked movement, positive where it came in. `references` name what it may be for, the surest first.

    `charges` is the part of `amount` that the bank charged, as far as it says so: it names charges that are in the
    entry (`are_included`), or perhaps only mentions them. `texts` are the remittance in free words: looked through,
    never kept, since they may name people. `return_code` is set where money that had left came back (ISO 20022 return
    reasons: AC04, closed account …).
    """

    line: int
    ref: str
    amount: Money
    booked_on: date
    value_date: date
    references: tuple[str, ...]
    texts: tuple[str, ...]
    return_code: str = ""
    charges: Money | None = None
    are_included: bool = False

    @property
    def without_charges(self) -> Money:
        """What was paid, the charges apart."""
        return self.amount - self.charges if self.charges else self.amount


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One statement of one account, or a page of it: `opening` + Σ `entries` = `closing`, but for `unread` entries."""

    line: int
    statement_id: str
    account: str
    opening: Money
    closing: Money
    opened_on: date
    closed_on: date
    entries: tuple[BankEntry, ...]
    page: int = 1
    unread: tuple[UnreadItem, ...] = ()
    element: Element | None = field(default=None, compare=False, repr=False)  # as it stands in its file

    @property
    def currency(self) -> str:
        return self.opening.currency

    @property
    def stream(self) -> str:
        """The name of the stream of its entries, which says it from every other statement."""
        number = (self.account, self.currency, self.statement_id)
        return bank_statement_stream(*number, closed_on=self.closed_on, page=self.page)

    @property
    def place(self) -> tuple[str, str, date, int]:
        """Where it stands among the statements of a file: by account, then by day and page."""
        return self.account, self.currency, self.closed_on, self.page
