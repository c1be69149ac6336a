"""Held payments of unpaid orders that can be captured, with the instants on which their capture depends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import text

from ledger.canonical import canonical
from ledger.deadlines import bounded, known, later
from ledger.events.orders import OrderCancelled, OrderConfirmed, OrderExpired, OrderPlaced
from ledger.events.parcels import ParcelDispatched
from ledger.events.payment_requests import PaymentCaptureRequested, PaymentVoidRequested
from ledger.events.payments import (
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentVoided,
)
from ledger.log.rows import Recorded
from ledger.policies.automation import HOLD_LASTS
from projections.engine.batch import Batch, KeptRows
from projections.engine.columns import count_column, instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Views

FirstDue = Literal["lapses_at", "dispatched_at"]  # the instant that a first capture depends on
DUE = kept_table(
    "captures_due",
    text_column("stream", key=True),
    text_column("payment_id", key=True),
    count_column("failures"),
    instant_column("lapses_at"),
    instant_column("dispatched_at"),  # of the order's first parcel
    instant_column("requested_at"),  # of the last capture
    indexes=[("failures", "lapses_at"), ("failures", "dispatched_at"), ("failures", "requested_at")],
)
ORDERS = kept_table("orders_with_held_payments", text_column("stream", key=True), text_column("facts"))
_BLANK: dict[str, Any] = {"placed_at": None, "paid": False, "over": False, "dispatched_at": None, "holds": {}}


class CapturesDue(Projection):
    """Keeps a row for each payment of an unpaid order of which an amount is neither captured nor requested.

    Facts come in any order: a payment may be authorised before its order is placed.
    """

    name = "captures_due"
    version = 1
    tables = (DUE, ORDERS)
    events = (
        OrderPlaced,
        OrderConfirmed,
        OrderCancelled,
        OrderExpired,
        PaymentAuthorized,
        PaymentDeclined,
        PaymentAuthorizationExpired,
        PaymentVoided,
        PaymentVoidRequested,
        PaymentCaptureRequested,
        PaymentCaptured,
        PaymentCaptureFailed,
        ParcelDispatched,
    )

    def fold(self, batch: Batch) -> None:
        rows, due = batch.rows(ORDERS), batch.rows(DUE)
        reported = [(recorded, recorded.event) for recorded in batch.events]
        rows.load((recorded.stream,) for recorded, _ in reported)
        orders = {recorded.stream: _facts(rows.get(recorded.stream)) for recorded, _ in reported}
        due.load((stream, payment_id) for stream, facts in orders.items() for payment_id in facts["holds"])
        due.load((recorded.stream, event.payment_id) for recorded, event in reported if hasattr(event, "payment_id"))
        for recorded, event in reported:
            facts = orders[recorded.stream]
            _Order(facts).on(event)
            rows.put({"stream": recorded.stream, "facts": canonical(facts)}, at=recorded.position)
            for payment_id in facts["holds"]:
                _keep(due, recorded, payment_id, _due(facts, payment_id))


@dataclass(frozen=True, slots=True)
class CaptureDue:
    """A payment whose capture may be due. The order's stream decides the amount."""

    stream: str
    payment_id: str


def captures_due(
    views: Views,
    book: int,
    *,
    first: FirstDue,
    bounds: Mapping[int, datetime],
    after: CaptureDue | None = None,
    limit: int = 500,
) -> list[CaptureDue]:
    """Returns a page of a book's payments that are due, by stream and payment.

    `bounds` has the latest due instant by number of failures: of the instant `first` without a failure, else of the
    last request.
    """

    def query(opened: Opened) -> list[CaptureDue]:
        wanted = (
            f"(failures = {failures:d} AND {'requested_at' if failures else first} <= :by_{failures:d})"
            for failures in bounds
        )
        statement = f"""
            SELECT stream, payment_id FROM {opened.generation.stored_name(DUE)}
            WHERE book = :book AND NOT deleted AND ({" OR ".join(wanted)})
              AND (stream, payment_id) > (:after_stream, :after_payment)
            ORDER BY stream, payment_id LIMIT :limit"""
        page = {"after_stream": after.stream if after else "", "after_payment": after.payment_id if after else ""}
        by = {f"by_{failures}": instant for failures, instant in bounds.items()}
        found = opened.connection.execute(text(statement), {"book": book, "limit": limit} | page | by)
        return [CaptureDue(*row) for row in found]

    return views.read(CapturesDue(), query, books=[book])


def _keep(due: KeptRows, recorded: Recorded, payment_id: str, row: dict[str, Any] | None) -> None:
    if row:
        due.put({"stream": recorded.stream, "payment_id": payment_id} | row, at=recorded.position)
    else:
        due.delete(recorded.stream, payment_id, at=recorded.position)


def _facts(row: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = from_json(row["facts"]) if row else {}
    return _BLANK | {"holds": {}} | found


def _due(facts: Mapping[str, Any], payment_id: str) -> dict[str, Any] | None:
    """Returns the row of a payment, or None if nothing of it can be captured now."""
    hold = facts["holds"][payment_id]
    if facts["over"] or facts["paid"] or not facts["placed_at"] or hold["ended"]:
        return None
    taken = hold["captured"].get(hold["currency"], 0) + sum(hold["requests"].values())
    if taken >= hold["held"]:
        return None
    lapses_at = _instant(hold["until"]) or later(datetime.fromisoformat(facts["placed_at"]), HOLD_LASTS)
    return {
        "failures": hold["failures"],
        "lapses_at": known(lapses_at),
        "dispatched_at": _instant(facts["dispatched_at"]),
        "requested_at": _instant(hold["requested_at"]),
    }


class _Order:
    """Applies one event to the facts of an order."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    @singledispatchmethod
    def on(self, event: Any) -> None:
        raise AssertionError(f"{event.name} is listed but not folded")

    @on.register
    def _(self, event: OrderPlaced) -> None:
        self._facts["placed_at"] = bounded(event.placed_at).isoformat()

    @on.register
    def _(self, event: OrderConfirmed) -> None:  # noqa: ARG002
        self._facts["paid"] = True

    @on.register
    def _(self, event: OrderCancelled | OrderExpired) -> None:  # noqa: ARG002
        self._facts["over"] = True

    @on.register
    def _(self, event: ParcelDispatched) -> None:
        before = self._facts["dispatched_at"]
        at = bounded(event.dispatched_at)
        self._facts["dispatched_at"] = min(at, datetime.fromisoformat(before) if before else at).isoformat()

    @on.register
    def _(self, event: PaymentAuthorized) -> None:
        self._hold(event.payment_id).update(
            held=event.amount.minor,
            currency=event.amount.currency,
            until=bounded(event.expires_at).isoformat() if event.expires_at else None,
            ended=False,
            failures=0,
            requests={},
            requested_at=None,
        )

    @on.register
    def _(self, event: PaymentCaptureRequested) -> None:
        hold = self._hold(event.payment_id)
        hold["requests"][event.request_id] = event.amount.minor
        hold["requested_at"] = bounded(event.requested_at).isoformat()

    @on.register
    def _(self, event: PaymentDeclined) -> None:
        """Closes a payment that was never to be captured; else its request of this amount failed, or the oldest."""
        hold = self._hold(event.payment_id)
        hold["failures"] += 1
        hold["ended"] = hold["ended"] or not hold["requested_at"]
        for request_id in _answered(hold["requests"], event.amount.minor)[:1]:
            del hold["requests"][request_id]

    @on.register
    def _(self, event: PaymentAuthorizationExpired | PaymentVoided | PaymentVoidRequested) -> None:
        self._hold(event.payment_id)["ended"] = True

    @on.register
    def _(self, event: PaymentCaptured) -> None:
        hold, left = self._hold(event.payment_id), event.amount.minor
        for request_id in _answered(hold["requests"], event.amount.minor):
            if left > 0:
                left -= hold["requests"].pop(request_id)
        self._captured(event, event.amount.minor)

    @on.register
    def _(self, event: PaymentCaptureFailed) -> None:
        self._captured(event, -event.amount.minor)
        self._facts["paid"] = self._facts["paid"] and event.undone is None

    def _captured(self, event: PaymentCaptured | PaymentCaptureFailed, minor: int) -> None:
        captured = self._hold(event.payment_id)["captured"]
        captured[event.amount.currency] = captured.get(event.amount.currency, 0) + minor

    def _hold(self, payment_id: str) -> dict[str, Any]:
        blank = {"held": 0, "currency": "", "until": None, "ended": False, "failures": 0, "captured": {}}
        found: dict[str, Any] = self._facts["holds"].setdefault(
            payment_id, blank | {"requests": {}, "requested_at": None}
        )
        return found


def _answered(requests: Mapping[str, int], minor: int) -> list[str]:
    """Returns the requests that an answer of this amount may be about: those of exactly this amount first."""
    return sorted(requests, key=lambda request_id: requests[request_id] != minor)


def _instant(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
