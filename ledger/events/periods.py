"""Accounting periods: a marker closes a month in each book, then one event closes it for the whole ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints

from ledger.events.event import Event
from ledger.ids import Id
from ledger.validation_messages import InWords

Period = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), InWords("a month such as 2025-04")
]  # a month of accounting days


class BookMarker(Event):
    """The book's first open accounting day is `first_open_day`. The book's head row is updated in the same append."""

    book: int
    period: Period
    first_open_day: date


class BookPeriodClosed(BookMarker, name="period.book_closed", version=1):
    """The period, and all before it, are closed in this book: nothing is posted to their days. `first_open_day` is
    open."""

    closed_at: datetime


class BookPeriodReopened(BookMarker, name="period.book_reopened", version=1):
    """The period is open again in this book, from `first_open_day` on."""

    reopened_at: datetime


class PeriodClosingApproved(Event, name="period.closing_approved", version=1):
    """Two people have agreed to close the period. Markers in every book and `period.closed` follow."""

    period: Period
    proposer: Id
    approver: Id
    approved_at: datetime


class AccountingPeriodClosed(Event, name="period.closed", version=1):
    """The period is closed in every book.

    `positions` maps each book to the position of its marker. `trial_balance_hash` is the hash of all balances at the
    end of the period, up to these positions (`ledger.trial_balance`). A replay must give the same hash.
    """

    period: Period
    first_open_day: date
    positions: dict[int, int]  # book → position
    trial_balance_hash: str
    proposer: Id
    approver: Id
    closed_at: datetime


class AccountingPeriodReopened(Event, name="period.reopened", version=1):
    """Two people have agreed to reopen the period. Markers in every book follow."""

    period: Period
    first_open_day: date
    reason: Id
    proposer: Id
    approver: Id
    reopened_at: datetime
