"""Repacked units in the rows of tracking: their new parcels, and the facts that they bring along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.milestones import MILESTONES
from ledger.events.parcels import ParcelContents, ParcelsConsolidated, ParcelSplit
from projections.engine.batch import Row
from projections.tracking.parcel_status import Fact, hand_over, handed_over, reach, remembered

_FIRST = {
    "dispatched": "dispatched_at",
    "received_at_warehouse": "received_at_warehouse",
    "export_released": "export_released_at",
    "departed": "departed_at",
}
FindParcel = Callable[[str], Row]


def repack(event: ParcelsConsolidated | ParcelSplit, find: FindParcel) -> Iterator[Row]:
    """Yields the rows of all parcels of the event, after it."""
    sources = [find(parcel_id) for parcel_id in event.from_parcels]
    targets = [find(parcel_id) for parcel_id in event.to_parcels]
    for content in event.contents:
        _move(sources, find(content.parcel_id), content)
    for source in sources:
        if source["moved_at"] is None and event.contents:
            source["moved_at"], source["went_into"] = event.happened_at, canonical(list(event.to_parcels))
            for target in targets:
                inherit(source, target)
    yield from sources
    yield from targets


def inherit(source: Row, target: Row) -> None:
    """Applies the facts of a parcel until its units moved to the parcel that has them now."""
    for fact in _until(source, source["moved_at"]):
        reach(target, replace(fact, evidence_kind=None))  # a signature counts only for the parcel that it names
    hand_over(target, [(at, mark) for at, mark in handed_over(source) if at <= source["moved_at"]])
    origins = from_json(target["came_from"])
    dispatched_at = source["dispatched_at"]
    known = dispatched_at is not None and dispatched_at <= source["moved_at"]
    origins[source["parcel_id"]] = dispatched_at.isoformat() if known else ""
    target["came_from"] = canonical(origins)
    last = max((datetime.fromisoformat(at) for at in origins.values() if at), default=None)
    target["dispatched_at"] = last or target["dispatched_at"]


def _move(sources: Sequence[Row], target: Row, content: ParcelContents) -> None:
    held = from_json(target["items"])
    for item in content.items:
        left, refunded = item.qty, 0
        for source in sources:
            taken, gave_back = _take(source, item.line_id, left)
            left, refunded = left - taken, refunded + gave_back
        held.append({"line_id": item.line_id, "qty": item.qty, "refunded": refunded})
    target["items"] = canonical(held)


def _take(source: Row, line_id: str, qty: int) -> tuple[int, int]:
    """Takes up to `qty` units out of a parcel, refunded ones first. Returns how many, and how many of them refunded."""
    items: list[dict[str, Any]] = from_json(source["items"])
    taken = refunded = 0
    for item in items:
        if item["line_id"] == line_id and taken < qty:
            here = min(item["qty"], qty - taken)
            given_back = min(item["refunded"], here)
            item["qty"], item["refunded"] = item["qty"] - here, item["refunded"] - given_back
            taken, refunded = taken + here, refunded + given_back
    source["items"] = canonical([item for item in items if item["qty"]])
    return taken, refunded


def _until(row: Row, moved_at: datetime) -> Iterator[Fact]:
    known = [Fact(milestone, row[column]) for milestone, column in _FIRST.items() if row[column]]
    known += [fact for fact in remembered(row) if MILESTONES[fact.milestone].rank > 0 or fact.milestone == "found"]
    yield from (fact for fact in known if fact.happened_at <= moved_at)
