"""Late parcels, and merchants to warn, at an instant: the promises and the facts about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import RowMapping, text

from ledger.deadlines import has_come
from ledger.policies.promise import Promise
from projections.engine.views import Opened, Vector, Views
from projections.worklists.overdue_to_warehouse import ORDERS, PARCELS, PROMISES, OverdueToWarehouse

State = Literal["not_dispatched", "in_domestic_transit", "late_received"]
PROJECTION = OverdueToWarehouse()


@dataclass(frozen=True, slots=True)
class Promised:
    """A parcel, or the unpacked rest of an order (`parcel_id` is ''), and its promised time."""

    merchant: str
    order_id: str
    parcel_id: str
    market: str
    promised_by: datetime
    warn_at: datetime
    dispatched_at: datetime | None
    received_at: datetime | None
    state: State
    late_by: timedelta

    @property
    def hours_late(self) -> int:
        """The delay in whole hours."""
        return self.late_by // timedelta(hours=1)


def overdue(
    views: Views,
    now: datetime,
    *,
    merchant: str | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[Promised, ...]:
    """Returns the parcels and orders past their promise, the latest first. Raises `ViewBehind`."""
    found = _promised(views, now, merchant=merchant, before=now, at_least=at_least, timeout_s=timeout_s)
    late = [promised for promised in found if promised.late_by > timedelta()]
    return tuple(sorted(late, key=lambda p: (-p.late_by, p.merchant, p.order_id, p.parcel_id)))


def warnings(
    views: Views,
    now: datetime,
    *,
    merchant: str | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[Promised, ...]:
    """Returns those that should be dispatched by now to be in time, the most urgent first. Raises `ViewBehind`."""
    found = _promised(views, now, merchant=merchant, before=None, at_least=at_least, timeout_s=timeout_s)
    soon = [p for p in found if p.state == "not_dispatched" and p.warn_at <= now <= p.promised_by]
    return tuple(sorted(soon, key=lambda p: (p.promised_by, p.merchant, p.order_id, p.parcel_id)))


def _promised(
    views: Views,
    now: datetime,
    *,
    merchant: str | None,
    before: datetime | None,
    at_least: Vector | None,
    timeout_s: float,
) -> list[Promised]:
    def query(opened: Opened) -> list[Promised]:
        policies = _policies(opened)
        orders, parcels = (opened.generation.stored_name(table) for table in (ORDERS, PARCELS))
        asked = " AND o.merchant = :merchant" if merchant else ""
        asked += " AND o.promised_by < :before" if before else ""
        statement = f"""
            SELECT o.merchant, o.order_id, o.market, o.placed_at, o.promised_by, o.to_be_sent, o.units AS order_units,
                   o.packed, p.parcel_id, p.units, p.dispatched_at, p.received_at,
                   p.gone_at IS NOT NULL AND (p.found_at IS NULL OR p.found_at < p.gone_at) AS gone
            FROM {orders} o LEFT JOIN {parcels} p
              ON p.book = o.book AND p.merchant = o.merchant AND p.order_id = o.order_id AND NOT p.rejected
            WHERE o.book = ANY(:books) AND NOT o.deleted AND o.promised_by IS NOT NULL{asked}
            ORDER BY o.book, o.merchant, o.order_id, p.parcel_id"""
        values = {"books": list(opened.vector), "merchant": merchant, "before": before}
        rows = [_as_of(row, now) for row in opened.connection.execute(text(statement), values).mappings()]
        return [*_parcels(rows, policies, now), *_unpacked(rows, policies, now)]

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def _as_of(row: RowMapping, now: datetime) -> dict[str, Any]:
    """Returns the row without instants after `now`, which have not happened yet."""
    return {**row, **{column: has_come(row[column], now) for column in ("dispatched_at", "received_at")}}


def _parcels(
    rows: Sequence[Mapping[str, Any]], policies: Sequence[tuple[datetime, Promise]], now: datetime
) -> Iterator[Promised]:
    """Yields the packed parcels that count.

    One that was not dispatched counts only while its order is to be sent; a lost or returning one only if it had been
    received.
    """
    for row in rows:
        waits = (row["to_be_sent"] and row["order_units"] > 0) or row["dispatched_at"]
        if row["parcel_id"] is not None and row["units"] and (row["received_at"] or (waits and not row["gone"])):
            yield _of(row, row["parcel_id"], policies, now)


def _unpacked(
    rows: Sequence[Mapping[str, Any]], policies: Sequence[tuple[datetime, Promise]], now: datetime
) -> Iterator[Promised]:
    orders = {(row["merchant"], row["order_id"]): row for row in rows}
    for row in orders.values():
        if row["to_be_sent"] and row["order_units"] > row["packed"]:
            yield _of({**row, "dispatched_at": None, "received_at": None}, "", policies, now)


def _of(
    row: Mapping[str, Any], parcel_id: str, policies: Sequence[tuple[datetime, Promise]], now: datetime
) -> Promised:
    placed_at, promised_by = row["placed_at"], row["promised_by"]
    dispatched_at, received_at = row["dispatched_at"], row["received_at"]
    assert isinstance(placed_at, datetime)
    assert isinstance(promised_by, datetime)
    promise = next((policy for effective_from, policy in policies if effective_from <= placed_at), None)
    by_dispatch = promise is not None and promise.milestone == "merchant_dispatched"
    kept_at = dispatched_at or received_at if by_dispatch else received_at
    assert kept_at is None or isinstance(kept_at, datetime)
    return Promised(
        merchant=str(row["merchant"]),
        order_id=str(row["order_id"]),
        parcel_id=parcel_id,
        market=str(row["market"]),
        promised_by=promised_by,
        warn_at=promise.warn_at(placed_at, promised_by) if promise else promised_by,
        dispatched_at=dispatched_at,
        received_at=received_at,
        state=_state(dispatched_at, kept_at),
        late_by=max(timedelta(), (kept_at or now) - promised_by),
    )


def _state(dispatched_at: object, kept_at: object) -> State:
    if kept_at is not None:
        return "late_received"
    return "in_domestic_transit" if dispatched_at is not None else "not_dispatched"


def _policies(opened: Opened) -> list[tuple[datetime, Promise]]:
    """Returns all promise policies, the latest first; those beyond today's limits come last."""
    statement = f"""
        SELECT effective_from, content FROM {opened.generation.stored_name(PROMISES)}
        WHERE book = ANY(:books) AND NOT deleted ORDER BY effective_from DESC, version DESC"""
    found = opened.connection.execute(text(statement), {"books": list(opened.vector)})
    return Promise.in_turn((at, content) for at, content in found)
