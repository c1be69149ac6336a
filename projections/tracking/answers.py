"""Makes the answer to tracking from rows of the view, or from rows of a history that was folded again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json

from ledger.events.milestones import MILESTONES, as_read, place_on_the_way
from ledger.folds.after_sales import unit_locks
from ledger.folds.parcel_facts import Fact
from ledger.folds.parcel_reports import parcels_of
from ledger.folds.parcels import Parcels
from ledger.folds.unit_claims import UnitsAt
from ledger.fx import CNY
from ledger.money import Money
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.tracking.answer import (
    OrderTracking,
    ParcelTracking,
    TimelineEntry,
    TrackedItem,
    TrackedLine,
    TrackedRefund,
)
from projections.tracking.buyers_places import place_without
from projections.tracking.headline import headline_of
from projections.tracking.texts import MILESTONE_TEXTS, ORDER_TEXTS
from projections.tracking.tracked_units import Lines, Places, awaited_units, units_by_place, units_of

Stored = Mapping[Any, Any]  # a row by column


class StoredOrder(NamedTuple):
    """The rows of one order, from any source, and the policies for its answer."""

    order: Stored
    parcels: Sequence[Stored]
    timeline: Sequence[Stored]
    lock: AfterSalesLock | None
    return_window: ReturnWindow | None  # in force when the order was placed


def answer(stored: StoredOrder, vector: Mapping[int, int]) -> OrderTracking:
    """Returns the order in its buyer's words."""
    order = stored.order
    lines = from_json(order["lines"])
    titles = {line["line_id"]: line["title"] for line in lines}
    parcels = _capped(lines, list(_parcels(stored, titles=titles)))
    units, folded = units_of(order["units"]), parcels_of(order["reports"])
    places = units_by_place(order, units, folded)
    parcels = [_with_units(parcel, places, units) for parcel in parcels]
    reported_lines = tuple(_line(line, parcels, places) for line in lines)
    headline = headline_of(order["status"], reported_lines, parcels)
    return OrderTracking(
        order_id=order["order_id"],
        merchant=order["merchant"],
        buyer_ref=order["buyer_ref"],
        market=order["market"],
        status=order["status"],
        headline=headline,
        text=ORDER_TEXTS[headline],
        placed_at=order["placed_at"],
        promised_by=order["promised_by"],
        lines=reported_lines,
        parcels=tuple(sorted(_locked(parcels, stored, folded), key=lambda parcel: parcel.parcel_id)),
        refunds=tuple(_refund(refund_id, refund) for refund_id, refund in from_json(order["refunds"]).items()),
        vector=dict(vector),
    )


def _parcels(stored: StoredOrder, *, titles: Mapping[str, str]) -> Iterator[ParcelTracking]:
    """Yields every parcel that still has units, or from which no units were moved."""
    timelines: dict[str, list[Stored]] = {}
    for fact in stored.timeline:
        timelines.setdefault(fact["parcel_id"], []).append(fact)
    rows, unsaid = {row["parcel_id"]: row for row in stored.parcels}, frozenset(from_json(stored.order["unsaid"]))
    for parcel_id, row in rows.items():
        if row["moved_at"] is None or row["items"] != "[]":
            timeline = _whole_timeline(parcel_id, rows, timelines)
            parcel = _parcel(row, titles=titles, timeline=timeline, unsaid=unsaid)
            yield replace(
                parcel,
                paid=stored.order["status"] == "confirmed",
                promised_by=stored.order["promised_by"],
            )


def _parcel(
    row: Stored, *, titles: Mapping[str, str], timeline: Iterable[Stored], unsaid: Collection[str]
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
        location=place_without(row["location"], unsaid),
        dispatched_at=row["dispatched_at"],
        received_at_warehouse=row["received_at_warehouse"],
        export_released_at=row["export_released_at"],
        departed_at=row["departed_at"],
        signed_at=row["signed_at"],
        evidence_kind=row["evidence_kind"] or None,
        under_review=False,
        disputed=False,
        timeline=tuple(_entries(timeline, unsaid)),
        came_from=tuple(from_json(row["came_from"])),
    )


def _with_units(parcel: ParcelTracking, places: Places, lines: Lines) -> ParcelTracking:
    """Returns the parcel with its units in cases (also those awaited back) and in disputes."""
    items = []
    for item in parcel.items:
        place = (item.line_id, parcel.parcel_id)
        units = places.get(place) or UnitsAt(*place, 0)
        under_review = units.under_review + awaited_units(lines, *place)
        items.append(replace(item, under_review=under_review, disputed=units.at_stake, free=units.free))
    return replace(
        parcel,
        items=tuple(items),
        under_review=any(item.under_review for item in items),
        disputed=any(item.disputed for item in items),
    )


def _capped(lines: Iterable[Mapping[str, Any]], parcels: Sequence[ParcelTracking]) -> list[ParcelTracking]:
    """Marks units as refunded if they were refunded but sent all the same, so that no line has too many units left."""
    left = {line["line_id"]: line["qty"] - line["cancelled"] - line["refunded"] for line in lines}
    for item in (item for parcel in parcels for item in parcel.items if item.line_id in left):
        left[item.line_id] -= item.refunded
    return [
        replace(parcel, items=tuple(_at_most(item, left.get(item.line_id, item.qty)) for item in parcel.items))
        for parcel in parcels
    ]


def _at_most(item: TrackedItem, left: int) -> TrackedItem:
    return replace(item, refunded=max(item.refunded, item.qty - max(0, left)))


def _whole_timeline(
    parcel_id: str, rows: Mapping[str, Stored], timelines: Mapping[str, Sequence[Stored]]
) -> list[Stored]:
    """Returns the facts of a parcel, and the earlier facts of the parcels its units came from."""
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


def _entries(timeline: Iterable[Stored], unsaid: Collection[str]) -> Iterator[TimelineEntry]:
    """Yields the facts by time. A delivery is shown as interpreted, and once if the ledger recorded that too."""
    facts = [
        Fact(row["milestone"], row["happened_at"], row["location"], to_recipient=row["to_recipient"])
        for row in sorted(timeline, key=_by_time)
    ]
    shown: set[tuple[str, datetime]] = set()
    for word, fact in as_read(facts):
        if word == "returned_to_sender" and (word, fact.happened_at) in shown:
            continue
        shown.add((word, fact.happened_at))
        place = place_without(fact.code, unsaid)
        yield TimelineEntry(word, MILESTONES[word].stage, MILESTONE_TEXTS[word], fact.happened_at, place)


def _by_time(row: Stored) -> tuple[Any, ...]:
    return row["happened_at"], place_on_the_way(row["milestone"]), row["position"]


def _line(line: Mapping[str, Any], parcels: Iterable[ParcelTracking], places: Places) -> TrackedLine:
    line_id = line["line_id"]
    inside = [item for parcel in parcels for item in parcel.items if item.line_id == line_id]
    unsent = places[line_id, None]
    return TrackedLine(
        line_id=line_id,
        title=line["title"],
        qty=line["qty"],
        unshipped=unsent.qty,
        free=unsent.free,
        under_review=unsent.under_review > 0 or any(item.under_review for item in inside),
        disputed=unsent.at_stake > 0 or any(item.disputed for item in inside),
    )


def _locked(parcels: Iterable[ParcelTracking], stored: StoredOrder, folded: Parcels) -> Iterator[ParcelTracking]:
    """Yields the parcels with the deadlines of the policies in force when the order was placed."""
    lines = [line["line_id"] for line in from_json(stored.order["lines"])]
    locks = unit_locks(folded, lines, stored.lock) if stored.lock else {}
    for parcel in parcels:
        items = tuple(replace(item, lock=locks.get((item.line_id, parcel.parcel_id))) for item in parcel.items)
        ends = [item.lock.ends_at if item.lock else None for item in items]
        last = max((end for end in ends if end), default=None) if None not in ends else None
        yield replace(parcel, items=items, lock_ends_at=last, return_window=stored.return_window)
