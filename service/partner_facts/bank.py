"""Facts that a bank reports: statements with their entries, and the status of payouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from ledger.ids import bank_statement_stream
from ledger.money import Money
from service.partner_facts.bodies import UnreadItem
from service.partner_facts.files import FileName

TransferState = Literal["taken", "paid", "refused"]


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One booked movement; a positive amount came in. `references` may name its purpose, the most reliable first.

    `charges` is the bank's charge, included in `amount` if `are_included`, and otherwise perhaps only mentioned.
    `texts` is the free remittance text; it is searched but never stored, because it may name people. `return_code` is
    the ISO 20022 reason of a return, such as AC04 (closed account).
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
        """Returns the amount without the bank's charges."""
        return self.amount - self.charges if self.charges else self.amount


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement of one account, or one page of it. `opening` + Σ `entries` = `closing`, unless entries are unread."""

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
    element: Element | None = field(default=None, compare=False, repr=False)  # as in its file

    @property
    def currency(self) -> str:
        return self.opening.currency

    @property
    def stream(self) -> str:
        """Returns the name of the stream of its entries, unique to the statement."""
        number = (self.account, self.currency, self.statement_id)
        return bank_statement_stream(*number, closed_on=self.closed_on, page=self.page)

    @property
    def place(self) -> tuple[str, str, date, int]:
        """Returns the sort key of statements: account, currency, closing day and page."""
        return self.account, self.currency, self.closed_on, self.page


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one transfer, or of all transfers of a message or block. `name` is the end-to-end id of the
    transfer, or the id of the message or block; `reason` is the bank's code of a rejection.
    """

    name: str
    state: TransferState
    reason: str
    line: int
    raw: bytes

    def unread(self, reason: str) -> UnreadItem:
        """Returns the status as an unread item with this reason."""
        return UnreadItem(self.line, reason, self.raw)


class Answer(NamedTuple):
    """The message id of the order, the status of each transfer, those of blocks and of the message, and the unread
    items. `named` are the transfers with a status that may be unusable; None if one of them has no id.
    """

    order: str
    transfers: list[Status]
    of_all: list[Status]
    named: frozenset[str] | None
    unread: list[UnreadItem]


@dataclass(frozen=True, slots=True)
class BankStatementsReported:
    """The statements of a bank's file."""

    bank: str
    file: FileName
    statements: tuple[BankStatement, ...]


@dataclass(frozen=True, slots=True)
class PayoutStatusReported:
    """The bank has taken, paid or refused a transfer."""

    bank: str
    file: FileName
    status: Status
