"""Repacked units in the rows of tracking: how many of them are in each parcel, and how many were refunded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.parcels import ParcelContents, ParcelsConsolidated, ParcelSplit
from projections.engine.batch import Row

FindParcel = Callable[[str], Row]


def repack(event: ParcelsConsolidated | ParcelSplit, find: FindParcel) -> Iterator[Row]:
    """Yields the rows of all parcels of the event, with their units after it."""
    sources = [find(parcel_id) for parcel_id in event.from_parcels]
    targets = [find(parcel_id) for parcel_id in event.to_parcels]
    for content in event.contents:
        _move(sources, find(content.parcel_id), content)
    yield from sources
    yield from targets


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
