"""Approved refunds that are not paid, and claims that a partner has not settled, with the time of waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from sqlalchemy import text

from ledger.events.logistics import LogisticsClaimDenied, LogisticsClaimFiled, LogisticsClaimSettled
from ledger.events.refunds import (
    BuyerFundsRefundApproved,
    DuplicateCaptureRefundApproved,
    RefundApproved,
    RefundAutoApproved,
    RefundPaidByAlternative,
    RefundReversed,
    RefundSucceeded,
    ReturnExpired,
    ReturnReceived,
)
from ledger.fx import NO_CNY
from ledger.limits import BEFORE_ALL
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.engine.batch import Batch, KeptRows
from projections.engine.columns import instant_column, minor_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Views

Kind = Literal["refund", "claim"]
WAITING = kept_table(
    "refunds_due",
    text_column("kind", key=True),
    text_column("stream", key=True),
    text_column("subject", key=True),
    text_column("partner"),
    instant_column("since"),  # null while nothing waits
    text_column("currency"),
    minor_column("owed"),  # of a refund: approved and not paid, in minor units
    indexes=[("kind", "since")],
)


class RefundsDue(Projection):
    """Keeps a row after its payment, without `since`: money that comes back is owed again."""

    name = "refunds_due"
    version = 1
    tables = (WAITING,)
    events = (
        RefundAutoApproved,
        RefundApproved,
        DuplicateCaptureRefundApproved,
        BuyerFundsRefundApproved,
        ReturnReceived,
        ReturnExpired,
        RefundSucceeded,
        RefundReversed,
        RefundPaidByAlternative,
        LogisticsClaimFiled,
        LogisticsClaimSettled,
        LogisticsClaimDenied,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(WAITING)
        reported = [(recorded, recorded.event) for recorded in batch.events]
        rows.load(_key(recorded, event) for recorded, event in reported)
        for recorded, event in reported:
            _Fold(rows, recorded).on(event)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A refund or claim that is unpaid since an instant."""

    stream: str
    subject: str
    partner: str
    since: datetime
    owed: Money


_FIRST = Waiting("", "", "", BEFORE_ALL, NO_CNY)


def waiting(
    views: Views,
    kind: Kind,
    book: int,
    *,
    by: datetime,
    due_after: datetime = BEFORE_ALL,
    changed_after: int = 0,
    after: Waiting | None = None,
    limit: int,
) -> list[Waiting]:
    """Returns a page of a book's waiting refunds or claims since `by` or before, the longest first.

    Only those are returned that wait since after `due_after`, or changed after the position `changed_after`.
    """
    last = after or _FIRST

    def query(opened: Opened) -> list[Waiting]:
        statement = f"""
            SELECT stream, subject, partner, since, owed, currency FROM {opened.generation.stored_name(WAITING)}
            WHERE book = :book AND kind = :kind AND NOT deleted AND since <= :by
              AND (since > :due_after OR changed_at_position > :changed_after)
              AND (since, stream, subject) > (:after_since, :after_stream, :after_subject)
            ORDER BY since, stream, subject LIMIT :limit"""
        page = {"after_since": last.since, "after_stream": last.stream, "after_subject": last.subject}
        values = {"book": book, "kind": kind, "by": by, "limit": limit}
        values |= {"due_after": due_after, "changed_after": changed_after}
        found = opened.connection.execute(text(statement), values | page)
        return [Waiting(row[0], row[1], row[2], row[3], Money(row[4], row[5])) for row in found]

    return views.read(RefundsDue(), query, books=[book])


def _key(recorded: Recorded, event: Any) -> tuple[str, str, str]:
    claim = getattr(event, "claim_id", None)
    return ("claim", recorded.stream, claim) if claim else ("refund", recorded.stream, event.refund_id)


class _Fold:
    """Applies one event to the rows."""

    def __init__(self, rows: KeptRows, recorded: Recorded) -> None:
        self._rows, self._recorded = rows, recorded

    @singledispatchmethod
    def on(self, event: Any) -> None:
        raise AssertionError(f"{event.name} is listed but not folded")

    @on.register
    def _(self, event: RefundAutoApproved | RefundApproved) -> None:
        self._put("refund", event.refund_id, owed=event.money.amount)

    @on.register
    def _(self, event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> None:
        self._put("refund", event.refund_id, owed=event.amount)

    @on.register
    def _(self, event: ReturnReceived) -> None:
        """The refund waited for the goods, which are back now."""
        if row := self._rows.get("refund", self._recorded.stream, event.refund_id):
            self._rows.put(row | {"since": self._recorded.occurred_at}, at=self._recorded.position)

    @on.register
    def _(self, event: ReturnExpired) -> None:
        self._rows.delete("refund", self._recorded.stream, event.refund_id, at=self._recorded.position)

    @on.register
    def _(self, event: RefundSucceeded | RefundPaidByAlternative) -> None:
        self._paid(event.refund_id, event.amount.minor)

    @on.register
    def _(self, event: RefundReversed) -> None:
        self._paid(event.refund_id, -event.amount.minor)

    @on.register
    def _(self, event: LogisticsClaimFiled) -> None:
        self._put("claim", event.claim_id, owed=event.amount, partner=event.partner)

    @on.register
    def _(self, event: LogisticsClaimSettled | LogisticsClaimDenied) -> None:
        self._rows.delete("claim", self._recorded.stream, event.claim_id, at=self._recorded.position)

    def _paid(self, refund_id: str, minor: int) -> None:
        row = self._rows.get("refund", self._recorded.stream, refund_id)
        if row is None:
            return
        owed = row["owed"] - minor
        since = (row["since"] or self._recorded.occurred_at) if owed > 0 else None
        self._rows.put(row | {"owed": owed, "since": since}, at=self._recorded.position)

    def _put(self, kind: Kind, subject: str, *, owed: Money, partner: str = "") -> None:
        key = {"kind": kind, "stream": self._recorded.stream, "subject": subject, "partner": partner}
        reported = {"since": self._recorded.occurred_at, "currency": owed.currency, "owed": owed.minor}
        self._rows.put(key | reported, at=self._recorded.position)
