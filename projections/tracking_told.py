"""From the rows of tracking to its answer, whatever the rows come from: the view, or a history folded anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json

from ledger.events.milestones import MILESTONES, place_on_the_way
from ledger.fx import CNY
from ledger.money import Money
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.tracking_answer import (
    OrderTracking,
    ParcelTracking,
    TimelineEntry,
    TrackedItem,
    TrackedLine,
    TrackedRefund,
)
from projections.tracking_texts import MILESTONE_TEXTS, ORDER_TEXTS

Stored = Mapping[Any, Any]  # a row by column


class StoredOrder(NamedTuple):
    """The rows of one order, from wherever they are kept, and the policies its answer rests on."""

    order: Stored
    parcels: Sequence[Stored]
    timeline: Sequence[Stored]
    lock: AfterSalesLock | None
    return_windows: Sequence[tuple[datetime, ReturnWindow]]  # with the instants they take effect, the latest first


def answer(stored: StoredOrder, vector: Mapping[int, int]) -> OrderTracking:
    """The order in its buyer's words."""
    order = stored.order
    lines = from_json(order["lines"])
    reviewed = {line_id for line_ids in from_json(order["open_cases"]).values() for line_id in line_ids}
    parcels = list(_parcels(stored, titles={line["line_id"]: line["title"] for line in lines}, reviewed=reviewed))
    locked = _returnable(_locked(parcels, stored.lock) if stored.lock else parcels, stored.return_windows)
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
        vector=dict(vector),
    )


def _parcels(stored: StoredOrder, *, titles: Mapping[str, str], reviewed: Collection[str]) -> Iterator[ParcelTracking]:
    """Every parcel that holds something still, or never did."""
    timelines: dict[str, list[Stored]] = {}
    for fact in stored.timeline:
        timelines.setdefault(fact["parcel_id"], []).append(fact)
    rows = {row["parcel_id"]: row for row in stored.parcels}
    for parcel_id, row in rows.items():
        if row["moved_at"] is None or row["items"] != "[]":
            timeline = _whole_timeline(parcel_id, rows, timelines)
            yield _parcel(row, titles=titles, reviewed=reviewed, timeline=timeline)


def _parcel(
    row: Stored, *, titles: Mapping[str, str], reviewed: Collection[str], timeline: Iterable[Stored]
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
    parcel_id: str, rows: Mapping[str, Stored], timelines: Mapping[str, Sequence[Stored]]
) -> list[Stored]:
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


def _entry(row: Stored) -> TimelineEntry:
    milestone = MILESTONES[row["milestone"]]
    return TimelineEntry(
        milestone.word, milestone.stage, MILESTONE_TEXTS[milestone.word], row["happened_at"], row["location"]
    )


def _by_time(row: Stored) -> tuple[Any, ...]:
    return row["happened_at"], place_on_the_way(row["milestone"]), row["position"]


def _line(line: Mapping[str, Any], parcels: Iterable[ParcelTracking], under_review: bool) -> TrackedLine:
    """`unshipped` as the order counts it: what was not refunded and has not left."""
    unshipped = line["qty"] - line["cancelled"] - line["refunded"]
    for parcel in parcels:
        for item in parcel.items:
            if item.line_id == line["line_id"]:
                unshipped -= max(item.qty, item.refunded) if parcel.has_left else item.refunded
    return TrackedLine(line["line_id"], line["title"], line["qty"], max(0, unshipped), under_review)


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
