"""Accounting periods: a marker in every book, then the whole ledger's closing over the vector of their positions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints

from ledger.events.event import Event
from ledger.ids import Id
from ledger.validation_messages import InWords

Period = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), InWords("a month such as 2025-04")
]  # of accounting days


class BookMarker(Event):
    """Which accounting day is the book's first open one from here on; the head row moves with it in one append."""

    book: int
    period: Period
    first_open_day: date


class BookPeriodClosed(BookMarker, name="period.book_closed", version=1):
    """Nothing is posted in this book to a day of the period, or of one before it, any more."""

    closed_at: datetime


class BookPeriodReopened(BookMarker, name="period.book_reopened", version=1):
    """The days of the period take postings of this book again."""

    reopened_at: datetime


class PeriodClosingApproved(Event, name="period.closing_approved", version=1):
    """Two people said that the period is to be closed. A marker in every book and the closing itself follow."""

    period: Period
    proposer: Id
    approver: Id
    approved_at: datetime


class AccountingPeriodClosed(Event, name="period.closed", version=1):
    """The period is closed in every book.

    `positions` are those of the markers; `trial_balance_hash` is over the balances of the period's last day up to them
    (`ledger.trial_balance`), so that a replay must come to the same.
    """

    period: Period
    first_open_day: date
    positions: dict[int, int]  # book → position
    trial_balance_hash: str
    proposer: Id
    approver: Id
    closed_at: datetime


class AccountingPeriodReopened(Event, name="period.reopened", version=1):
    """The period may take postings again; two people said so. Its markers follow in every book."""

    period: Period
    first_open_day: date
    reason: Id
    proposer: Id
    approver: Id
    reopened_at: datetime
