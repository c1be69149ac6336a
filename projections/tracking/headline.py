"""The headline of an order: one word from the places of all its units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from projections.tracking.answer import Headline, ParcelTracking, TrackedLine

_UNPAID: dict[str, Headline] = {
    "unplaced": "unplaced",
    "placed": "placed",
    "expired": "expired",
    "cancelled": "cancelled",
}


def headline_of(status: str, lines: Iterable[TrackedLine], parcels: Iterable[ParcelTracking]) -> Headline:
    """Returns the headline. Refunded units do not count, unless all units are refunded."""
    if status in _UNPAID:
        return _UNPAID[status]
    found = {*_waiting(lines), *_sent(parcels)}
    for word in ("returned_to_sender", "problem", "delivered", "on_its_way", "confirmed"):
        if found == {word}:
            return word
    if not found:
        return "refunded"
    if found & {"problem", "returned_to_sender"}:
        return "problem"
    return "partly_delivered" if "delivered" in found else "partly_sent"


def _waiting(lines: Iterable[TrackedLine]) -> Iterator[str]:
    if any(line.unshipped for line in lines):
        yield "confirmed"


def _sent(parcels: Iterable[ParcelTracking]) -> Iterator[str]:
    for parcel in parcels:
        if parcel.has_left and any(item.qty > item.refunded for item in parcel.items):
            yield _word_of(parcel)


def _word_of(parcel: ParcelTracking) -> str:
    if parcel.milestone == "returned_to_sender":
        return parcel.milestone
    return parcel.stage if parcel.stage in ("delivered", "problem") else "on_its_way"
