"""Due dates for timers: authorisations, unpaid orders, returns, unallocated captures, and planned matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import text

from ledger.canonical import canonical
from ledger.deadlines import bounded, known
from ledger.events.merchants import PayoutAccountDisabled
from ledger.events.orders import OrderCancelled, OrderConfirmed, OrderExpired, OrderPlaced
from ledger.events.payments import (
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentVoided,
)
from ledger.events.platform import MatchPlanned, UnmatchedFactMatched, UnmatchedPartsTaken
from ledger.events.refunds import RefundWithdrawn, ReturnAuthorized, ReturnExpired, ReturnReceived, ReturnShipped
from ledger.events.settlement import PayoutReturned, ReconciliationBreakOpened
from ledger.ids import merchant_stream
from ledger.limits import BEFORE_ALL
from ledger.log.rows import Recorded
from projections.engine.batch import Batch, KeptRows, Row
from projections.engine.columns import instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Views

Kind = Literal["authorization", "capture", "unpaid_order", "return", "returned_payout", "match_plan"]

DUE = kept_table(
    "due_dates",
    text_column("kind", key=True),
    text_column("stream", key=True),
    text_column("subject", key=True),
    instant_column("at"),  # null while nothing can fall due
    text_column("facts"),  # JSON: further data for the timer's command
    indexes=[("kind", "at")],
)


class DueDates(Projection):
    """Keeps a row until the awaited fact has happened. The timer decides by policy if it is due.

    Facts come in any order: a capture may be reported before its authorisation and before its order.
    """

    name = "due_dates"
    version = 7
    tables = (DUE,)
    events = (
        OrderPlaced,
        OrderConfirmed,
        OrderCancelled,
        OrderExpired,
        PaymentAuthorized,
        PaymentDeclined,
        PaymentAuthorizationExpired,
        PaymentVoided,
        PaymentCaptured,
        PaymentCaptureFailed,
        ReconciliationBreakOpened,
        ReturnAuthorized,
        ReturnShipped,
        ReturnReceived,
        ReturnExpired,
        RefundWithdrawn,
        PayoutReturned,
        PayoutAccountDisabled,
        MatchPlanned,
        UnmatchedPartsTaken,
        UnmatchedFactMatched,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(DUE)
        reported = [(recorded, recorded.event) for recorded in batch.events]
        rows.load(key for recorded, event in reported for key in _keys(recorded, event))
        for recorded, event in reported:
            _Fold(rows, recorded).on(event)


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due date, or the start of a time limit. `changed_at` moves with every change of the answer."""

    stream: str
    subject: str
    at: datetime
    said: str
    changed_at: int

    @property
    def facts(self) -> Mapping[str, Any]:
        """Further data for the timer's command. Parsed at access, so that a bad row fails alone."""
        found: Mapping[str, Any] = from_json(self.said)
        return found


_FIRST = DueDate("", "", BEFORE_ALL, "{}", 0)


def due_dates(
    views: Views, kind: Kind, book: int, *, by: datetime, after: DueDate | None = None, limit: int
) -> list[DueDate]:
    """Returns a page of a book's due dates of one kind at `by` or before, the oldest first."""
    last = after or _FIRST

    def query(opened: Opened) -> list[DueDate]:
        statement = f"""
            SELECT stream, subject, at, facts, changed_at_position FROM {opened.generation.stored_name(DUE)}
            WHERE book = :book AND kind = :kind AND NOT deleted AND at <= :by
              AND (at, stream, subject) > (:after_at, :after_stream, :after_subject)
            ORDER BY at, stream, subject LIMIT :limit"""
        values = {"book": book, "kind": kind, "by": by, "limit": limit}
        page = {"after_at": last.at, "after_stream": last.stream, "after_subject": last.subject}
        found = opened.connection.execute(text(statement), values | page)
        return [DueDate(*row) for row in found]

    return views.read(DueDates(), query, books=[book])


def _keys(recorded: Recorded, event: Any) -> list[tuple[str, str, str]]:
    """Returns the keys of the rows that most events read: the order's captures, and the payment."""
    keys = [("capture", recorded.stream, "")] if isinstance(event, OrderConfirmed | PaymentCaptured) else []
    if isinstance(event, PaymentAuthorized | PaymentCaptured | PaymentCaptureFailed):
        keys.append(("authorization", recorded.stream, event.payment_id))
    if isinstance(event, OrderPlaced | OrderConfirmed | PaymentAuthorized | PaymentCaptured | PaymentCaptureFailed):
        keys.append(("unpaid_order", recorded.stream, ""))
    return keys


class _Fold:
    """Applies one event to the rows."""

    def __init__(self, rows: KeptRows, recorded: Recorded) -> None:
        self._rows, self._recorded = rows, recorded

    @singledispatchmethod
    def on(self, event: Any) -> None:
        raise AssertionError(f"{event.name} is listed but not folded")

    @on.register
    def _(self, event: OrderPlaced) -> None:
        self._put("unpaid_order", "", event.counts_from(event.placed_at))

    @on.register
    def _(self, event: OrderConfirmed | OrderCancelled | OrderExpired) -> None:  # noqa: ARG002
        self._capture(over=True)
        self._rows.delete("unpaid_order", self._recorded.stream, "", at=self._recorded.position)

    @on.register
    def _(self, event: PaymentDeclined) -> None:  # noqa: ARG002
        self._ask_again()

    @on.register
    def _(self, event: PaymentCaptured) -> None:
        at = event.counts_from(event.captured_at)
        self._capture(waiting=self._waiting() | {event.capture_ref: at.isoformat()})
        self._captured(event, event.amount.minor)
        self._ask_again()

    @on.register
    def _(self, event: PaymentCaptureFailed) -> None:
        self._no_longer(event.capture_ref)
        self._captured(event, -event.amount.minor)
        if event.undone and (row := self._rows.last("unpaid_order", self._recorded.stream, "")):
            self._rows.put(dict(row), at=self._recorded.position)  # the order is unpaid again
        self._ask_again()

    @on.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        if event.kind == "capture_without_order":
            self._no_longer(event.refs.get("capture_ref", ""))
        elif event.refs.get("expected_of") == "payment":
            self._capture(waiting={})

    @on.register
    def _(self, event: PaymentAuthorized) -> None:
        held = {"psp": event.psp, "psp_ref": event.psp_ref, "currency": event.amount.currency}
        until = event.expires_at.isoformat() if event.expires_at else None
        self._hold(event.payment_id, held=event.amount.minor, until=until, **held)
        self._ask_again()

    @on.register
    def _(self, event: PaymentAuthorizationExpired | PaymentVoided) -> None:
        self._hold(event.payment_id, until=None)
        self._ask_again()

    @on.register
    def _(self, event: ReturnAuthorized) -> None:
        if event.return_by:
            self._put("return", event.refund_id, event.return_by)

    @on.register
    def _(self, event: ReturnShipped | ReturnReceived | ReturnExpired | RefundWithdrawn) -> None:
        self._rows.delete("return", self._recorded.stream, event.refund_id, at=self._recorded.position)

    @on.register
    def _(self, event: PayoutReturned) -> None:
        account = {"stream": merchant_stream(event.merchant_id), "payout_id": event.payout_id}
        self._put("returned_payout", event.account_ref, self._recorded.occurred_at, **account)

    @on.register
    def _(self, event: PayoutAccountDisabled) -> None:
        key = ("returned_payout", merchant_stream(event.merchant_id), event.account_ref)
        self._rows.delete(*key, at=self._recorded.position)

    @on.register
    def _(self, event: MatchPlanned) -> None:
        named = {"psp": event.system, "capture_ref": event.reference}
        self._put("match_plan", "", event.planned_at, **named)

    @on.register
    def _(self, event: UnmatchedFactMatched | UnmatchedPartsTaken) -> None:  # noqa: ARG002
        self._rows.delete("match_plan", self._recorded.stream, "", at=self._recorded.position)

    def _ask_again(self) -> None:
        """Marks the unpaid order as changed: its expiry may be decided differently now."""
        if row := self._rows.get("unpaid_order", self._recorded.stream, ""):
            self._rows.put(row, at=self._recorded.position)

    def _put(self, kind: Kind, subject: str, at: datetime | None, *, stream: str = "", **facts: Any) -> None:
        at = known(bounded(at)) if at else None
        row = {"kind": kind, "stream": stream or self._recorded.stream, "subject": subject, "at": at}
        self._rows.put(row | {"facts": canonical(facts)}, at=self._recorded.position)

    def _facts(self, kind: Kind, subject: str) -> dict[str, Any]:
        row: Row | None = self._rows.get(kind, self._recorded.stream, subject)
        found: dict[str, Any] = from_json(row["facts"]) if row else {}
        return found

    def _waiting(self) -> dict[str, str]:
        waiting: dict[str, str] = self._facts("capture", "").get("waiting", {})
        return waiting

    def _no_longer(self, capture_ref: str) -> None:
        waiting = self._waiting()
        if waiting.pop(capture_ref, None):
            self._capture(waiting=waiting)

    def _capture(self, **changes: Any) -> None:
        """Updates the captures that wait for the order or for the rest of the payment; none once it is paid or over."""
        facts: dict[str, Any] = {"over": False, "waiting": {}} | self._facts("capture", "") | changes
        if facts["over"]:
            facts["waiting"] = {}
        since = min((datetime.fromisoformat(at) for at in facts["waiting"].values()), default=None)
        self._put("capture", "", since, **facts)

    def _captured(self, event: PaymentCaptured | PaymentCaptureFailed, minor: int) -> None:
        captured: dict[str, int] = self._facts("authorization", event.payment_id).get("captured", {})
        currency = event.amount.currency
        self._hold(event.payment_id, captured=captured | {currency: captured.get(currency, 0) + minor})

    def _hold(self, payment_id: str, **changes: Any) -> None:
        """Updates the amount that the issuer still holds. An authorisation lapses only if some of it is left."""
        blank: dict[str, Any] = {"psp": "", "psp_ref": "", "currency": "", "held": 0, "until": None, "captured": {}}
        facts = blank | self._facts("authorization", payment_id) | changes
        left = facts["held"] - facts["captured"].get(facts["currency"], 0)
        until = datetime.fromisoformat(facts["until"]) if facts["until"] and left > 0 else None
        self._put("authorization", payment_id, until, **facts)
