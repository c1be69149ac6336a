"""Files that partners send: each accepted once, by its digest, before anything of it is recorded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money

BankMatch = Literal[
    "payout", "payout_return", "psp_settlement", "partner_payment", "tax_payment", "conversion", "claim",
    "foreign_conversion", "refund", "bank_charge",
]  # fmt: skip


def is_first(page: int) -> bool:
    """True for the page that is not written, since most statements have only one."""
    return page == 1


class FileAccepted(Event, name="file.accepted", version=1):
    """The file was read whole and found consistent: its rows follow as commands of their own.

    `header` is what it says of itself: period, account, totals. `digest` is the SHA-256 of its bytes.
    """

    kind: Id
    digest: str
    file_name: str
    partner: Id
    rows: int
    header: dict[str, str]
    accepted_at: datetime


class FileRecorded(Event, name="file.recorded", version=1):
    """Each of its rows was recorded or refused: the same file again is nothing new any more."""

    kind: Id
    digest: str
    rows: int
    refused: int
    recorded_at: datetime


class BankStatementImported(Event, name="bank_statement.imported", version=1):
    """The bank says what moved on an account of ours, from its opening to its closing balance.

    An account is its number and its currency. The bank's numbers of statements may begin anew, and one may come in
    pages: the day it closes on and the `page` distinguish them.
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
    """An entry of the bank is one that our books know; posting it is the matter of what it is matched to."""

    account: Id
    statement_id: Id
    entry_ref: Id
    amount: Money  # what came in positive
    value_date: date
    matched_to: BankMatch
    reference: str
    expected: Money
    matched_at: datetime


class BankChargePosted(Event, name="bank.charge_posted", version=1):
    """The bank has charged `amount` for its services; negative where it gave a charge back.

    It may be a part of an entry whose rest is a payment: `entry_ref` then ends with `.charges`.
    """

    account: Id
    statement_id: Id
    entry_ref: Id
    amount: Money
    book_rate: Rate | None = None  # of the entry's day, where it is not in CNY
    base: Money  # CNY
    value_date: date
