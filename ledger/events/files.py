"""Files of partners. Each is accepted once, by its digest, before any of its rows is recorded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money

BankMatch = Literal[
    "payout", "payout_return", "psp_settlement", "partner_payment", "tax_payment", "conversion", "claim",
    "foreign_conversion", "refund", "bank_charge",
]  # fmt: skip


def is_first(page: int) -> bool:
    """True for page 1, which is left out of the payload because most statements have one page."""
    return page == 1


class FileAccepted(Event, name="file.accepted", version=1):
    """The file was read completely and is consistent. Its rows follow as commands.

    `digest` is the SHA-256 of the file's bytes. `header` is the file's own summary: period, account, totals.
    """

    kind: Id
    digest: str
    file_name: str
    partner: Id
    rows: int
    header: dict[str, str]
    accepted_at: datetime


class FileRecorded(Event, name="file.recorded", version=1):
    """Every row of the file was recorded or refused. The same file changes nothing if it comes again."""

    kind: Id
    digest: str
    rows: int
    refused: int
    recorded_at: datetime


class OrderedPayout(BaseModel):
    """One payout of a payment order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    merchant_id: Id
    payout_id: Id


class PaymentOrderWritten(Event, name="payment_order.written", version=1):
    """A payment order with these payouts was written for the bank (ISO 20022 pain.001).

    The bank may answer for the whole message at once, and names only `message_id` then. A long order has several
    events.
    """

    message_id: Id
    payouts: tuple[OrderedPayout, ...]
    written_at: datetime


class BankStatementImported(Event, name="bank_statement.imported", version=1):
    """The bank reports all movements of one of our accounts, from its opening to its closing balance.

    `account` is the account number and the currency. A bank may use a statement number again, and a statement may have
    several pages. So a statement is known by its number, `closed_on` and `page`. `entries` is their number.
    """

    account: Id
    statement_id: Id
    digest: str
    opening: Money
    closing: Money
    opened_on: date
    closed_on: date
    entries: int
    imported_at: datetime
    page: int = Field(default=1, exclude_if=is_first)


class BankEntryMatched(Event, name="bank_entry.matched", version=1):
    """An entry of the bank statement belongs to something in our books. It posts nothing itself.

    `amount` is positive for money that came in. `reference` is our reference of the matched item, and `expected` the
    amount that our books expected for it.
    """

    account: Id
    statement_id: Id
    entry_ref: Id
    amount: Money  # positive: money came in
    value_date: date
    matched_to: BankMatch
    reference: str
    expected: Money
    matched_at: datetime


class BankChargePosted(Event, name="bank.charge_posted", version=1):
    """The bank has charged `amount` for its services; it is negative if the bank gave a charge back.

    The charge may be a part of an entry, and the rest of the entry a payment. Then `entry_ref` ends with `.charges`.
    """

    account: Id
    statement_id: Id
    entry_ref: Id
    amount: Money
    book_rate: Rate | None = None  # of the entry's day; None for CNY
    base: Money  # CNY
    value_date: date
