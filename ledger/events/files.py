"""Files that partners send: each accepted once, by its digest, before anything of it is recorded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money

BankMatch = Literal[
    "payout", "payout_return", "psp_settlement", "partner_payment", "tax_payment", "conversion", "claim",
    "foreign_conversion", "refund",
]  # fmt: skip


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
    """The bank says what moved on an account of ours, from its opening to its closing balance."""

    account: Id
    statement_id: Id
    digest: str
    opening: Money
    closing: Money
    opened_on: date
    closed_on: date
    entries: int
    imported_at: datetime


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
