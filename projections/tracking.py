"""Where is my order? The rows of customer tracking as answers: by order, and by buyer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import RowMapping, text

from ledger.events.milestones import MILESTONES, place_on_the_way
from ledger.fx import CNY
from ledger.money import Money
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.kinds import read_content
from ledger.policies.return_window import ReturnWindow
from projections.customer_tracking import CustomerTracking
from projections.engine.reading import Opened, Vector, Views
from projections.engine.tables import ViewTable
from projections.tracking_answer import (
    OrderTracking,
    ParcelTracking,
    TimelineEntry,
    TrackedItem,
    TrackedLine,
    TrackedRefund,
)
from projections.tracking_tables import LOCKS, ORDERS, PARCELS, RETURN_WINDOWS, TIMELINE
from projections.tracking_texts import MILESTONE_TEXTS, ORDER_TEXTS

PROJECTION = CustomerTracking()


class AmbiguousOrder(LookupError):
    """Several merchants have an order of this id; `merchants` says which."""

    def __init__(self, order_id: str, merchants: Collection[str]) -> None:
        self.merchants = tuple(sorted(merchants))
        super().__init__(f"{len(self.merchants)} merchants have an order {order_id}: {', '.join(self.merchants)}")


def track(
    views: Views,
    order_id: str,
    *,
    merchant: str | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> OrderTracking | None:
    """The order, or None where nothing is known of it. Raises `AmbiguousOrder` without a merchant, `ViewBehind`."""

    def query(opened: Opened) -> OrderTracking | None:
        found = _rows(opened, ORDERS, order_id, merchant)
        if len(found) > 1:
            raise AmbiguousOrder(order_id, [row["merchant"] for row in found])
        return _tracking(opened, found[0]) if found else None

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def orders_of_buyer(
    views: Views, buyer_ref: str, *, at_least: Vector | None = None, timeout_s: float = 5.0
) -> tuple[OrderTracking, ...]:
    """A buyer's orders, the latest first. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[OrderTracking, ...]:
        statement = f"""
            SELECT * FROM {opened.generation.stored_name(ORDERS)}
            WHERE book = ANY(:books) AND buyer_ref = :buyer AND NOT deleted
            ORDER BY placed_at DESC, order_id, merchant"""
        values = {"books": list(opened.vector), "buyer": buyer_ref}
        found = opened.connection.execute(text(statement), values).mappings().all()
        return tuple(_tracking(opened, row) for row in found)

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def _rows(opened: Opened, table: ViewTable, order_id: str, merchant: str | None) -> list[RowMapping]:
    conditions = ["book = ANY(:books)", "order_id = :order_id"]
    conditions += ["merchant = :merchant"] if merchant is not None else []
    conditions += [] if table.appended else ["NOT deleted"]
    statement = f"SELECT * FROM {opened.generation.stored_name(table)} WHERE {' AND '.join(conditions)}"
    values = {"books": list(opened.vector), "order_id": order_id, "merchant": merchant}
    return list(opened.connection.execute(text(statement), values).mappings())


def _tracking(opened: Opened, order: RowMapping) -> OrderTracking:
    key = (order["order_id"], order["merchant"])
    timelines: dict[str, list[RowMapping]] = {}
    for row in _rows(opened, TIMELINE, *key):
        timelines.setdefault(row["parcel_id"], []).append(row)
    lines = from_json(order["lines"])
    reviewed = {line_id for line_ids in from_json(order["open_cases"]).values() for line_id in line_ids}
    titles = {line["line_id"]: line["title"] for line in lines}
    rows = {row["parcel_id"]: row for row in _rows(opened, PARCELS, *key)}
    parcels = [
        _parcel(row, titles=titles, reviewed=reviewed, timeline=_whole_timeline(parcel_id, rows, timelines))
        for parcel_id, row in rows.items()
        if row["moved_at"] is None or row["items"] != "[]"
    ]
    lock = _lock(opened, order["lock_version"])
    locked = _returnable(_locked(parcels, lock) if lock else parcels, _return_windows(opened))
    return OrderTracking(
        order_id=order["order_id"],
        merchant=order["merchant"],
        buyer_ref=order["buyer_ref"],
        market=order["market"],
        status=order["status"],
        text=ORDER_TEXTS[order["status"]],
        placed_at=order["placed_at"],
        promised_by=order["promised_by"],
        lines=tuple(_line(line, parcels, line["line_id"] in reviewed) for line in lines),
        parcels=tuple(
            replace(parcel, promised_by=order["promised_by"])
            for parcel in sorted(locked, key=lambda parcel: parcel.parcel_id)
        ),
        refunds=tuple(_refund(refund_id, refund) for refund_id, refund in from_json(order["refunds"]).items()),
        vector=opened.vector,
    )


def _parcel(
    row: RowMapping, *, titles: Mapping[str, str], reviewed: Collection[str], timeline: Iterable[RowMapping]
) -> ParcelTracking:
    items = tuple(
        TrackedItem(item["line_id"], titles.get(item["line_id"], ""), item["qty"], item["refunded"])
        for item in from_json(row["items"])
    )
    return ParcelTracking(
        parcel_id=row["parcel_id"],
        items=items,
        stage=row["stage"],
        milestone=row["milestone"],
        text=MILESTONE_TEXTS[row["milestone"]],
        occurred_at=row["occurred_at"],
        location=row["location"],
        dispatched_at=row["dispatched_at"],
        received_at_warehouse=row["received_at_warehouse"],
        export_released_at=row["export_released_at"],
        departed_at=row["departed_at"],
        signed_at=row["signed_at"],
        evidence_kind=row["evidence_kind"] or None,
        under_review=any(item.line_id in reviewed for item in items),
        timeline=tuple(_entry(fact) for fact in sorted(timeline, key=_by_time)),
        came_from=tuple(from_json(row["came_from"])),
    )


def _whole_timeline(
    parcel_id: str, rows: Mapping[str, RowMapping], timelines: Mapping[str, Sequence[RowMapping]]
) -> list[RowMapping]:
    """What happened to a parcel, and before that to those its units came from."""
    facts = list(timelines.get(parcel_id, ()))
    for origin in from_json(rows[parcel_id]["came_from"]):
        moved_at = rows[origin]["moved_at"]
        before = (fact for fact in _whole_timeline(origin, rows, timelines) if fact["happened_at"] <= moved_at)
        facts += [fact for fact in before if fact["milestone"] not in ("consolidated", "split")]
    return facts


def _refund(refund_id: str, refund: Mapping[str, Any]) -> TrackedRefund:
    amount, paid = (Money(refund[name], refund["currency"]) for name in ("amount", "paid"))
    shown = refund["currency"] != CNY
    return TrackedRefund(refund_id, refund["type"], refund["state"], amount if shown else None, paid if shown else None)


def _return_windows(opened: Opened) -> list[tuple[datetime, ReturnWindow]]:
    """The return windows there are, with the instants they take effect, the latest first."""
    statement = f"""
        SELECT effective_from, content FROM {opened.generation.stored_name(RETURN_WINDOWS)}
        WHERE book = ANY(:books) AND NOT deleted ORDER BY effective_from DESC, version DESC"""
    found = opened.connection.execute(text(statement), {"books": list(opened.vector)})
    return [(at, ReturnWindow.model_validate(from_json(content))) for at, content in found]


def _returnable(
    parcels: Iterable[ParcelTracking], windows: Sequence[tuple[datetime, ReturnWindow]]
) -> list[ParcelTracking]:
    """With the end of the time for returns, by each window that takes or took effect."""
    return [
        replace(parcel, return_ends=tuple((at, window.closes_at(parcel.signed_at)) for at, window in windows))
        if parcel.signed_at
        else parcel
        for parcel in parcels
    ]


def _entry(row: RowMapping) -> TimelineEntry:
    milestone = MILESTONES[row["milestone"]]
    return TimelineEntry(
        milestone.word, milestone.stage, MILESTONE_TEXTS[milestone.word], row["happened_at"], row["location"]
    )


def _by_time(row: RowMapping) -> tuple[Any, ...]:
    return row["happened_at"], place_on_the_way(row["milestone"]), row["position"]


def _line(line: Mapping[str, Any], parcels: Iterable[ParcelTracking], under_review: bool) -> TrackedLine:
    """`unshipped` as the order counts it: what was not refunded and has not left."""
    unshipped = line["qty"] - line["cancelled"] - line["refunded"]
    for parcel in parcels:
        for item in parcel.items:
            if item.line_id == line["line_id"]:
                unshipped -= max(item.qty, item.refunded) if parcel.has_left else item.refunded
    return TrackedLine(line["line_id"], line["title"], line["qty"], max(0, unshipped), under_review)


def _lock(opened: Opened, version: int) -> AfterSalesLock | None:
    statement = f"SELECT content FROM {opened.generation.stored_name(LOCKS)} WHERE book = ANY(:books) AND version = :v"
    content = opened.connection.execute(text(statement), {"books": list(opened.vector), "v": version}).scalar()
    lock = read_content(AfterSalesLock.key, from_json(content)) if content else None
    return lock if isinstance(lock, AfterSalesLock) else None


def _locked(parcels: Iterable[ParcelTracking], lock: AfterSalesLock) -> list[ParcelTracking]:
    """With the deadlines that follow from the lock the order was placed under."""
    ends = {parcel.parcel_id: lock.ends_for(parcel) for parcel in parcels if parcel.has_left}
    if lock.scope == "order":
        known = [end for end in ends.values() if end is not None]
        last = max(known, default=None) if len(known) == len(ends) else None
        ends = dict.fromkeys(ends, last)
    return [
        replace(
            parcel,
            lock_ends_at=ends.get(parcel.parcel_id),
            counts_as_signed=lock.signed_at(parcel) is not None,
        )
        for parcel in parcels
    ]
