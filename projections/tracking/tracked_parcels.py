"""Parcels of a tracked order: the fold that decisions use too, on reports without the names of partners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.canonical import canonical
from ledger.carrier_marks import mark_of
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, WORDS, furthest
from ledger.events.parcels import (
    ParcelCreated,
    ParcelDeemedSigned,
    ParcelDispatched,
    ParcelFact,
    ParcelReturnedToSender,
)
from ledger.folds.parcel import Parcel
from ledger.folds.parcels import Parcels
from projections.tracking.buyers_places import place_for_buyers
from projections.tracking.tracked_units import Lines, refunded_units

# Fields that a partner could be found by, and free text; no rule of the fold depends on them.
_LEFT_OUT: dict[str, Any] = {
    "warehouse_id": "unnamed", "tracking_no": "", "reason": "", "condition": "", "declaration_no": "",
    "customs_mode": "", "proof_ref": "", "evidence_ref": "", "signed_by": None, "text": None, "weight_g": None,
    "location": "", "in_full": {},
}  # fmt: skip


def without_partners(event: Event) -> Event:
    """Returns the event as buyers may know it: the carrier as a mark, and no other name of a partner.

    The place for buyers replaces the carrier's code, because a fact keeps its code.
    """
    known = {name: value for name, value in _LEFT_OUT.items() if name in type(event).model_fields}
    if isinstance(event, ParcelFact):
        known |= {"raw_code": place_for_buyers(event.location, event.carrier), "carrier": mark_of(event.carrier)}
    elif isinstance(event, ParcelDispatched):
        known["carrier"] = mark_of(event.carrier)
    elif contents := getattr(event, "contents", ()):
        known["contents"] = tuple(part.model_copy(update={"tracking_no": ""}) for part in contents)
    return event.model_copy(update=known)


def milestone_of(event: Event, recorded_at: datetime) -> tuple[str, datetime]:
    """Returns the milestone that the event reports, and its instant. A return that was read from a delivery is kept as
    a delivery: all facts together decide to whom it went."""
    match event:
        case ParcelCreated():
            return "created", recorded_at
        case ParcelDispatched():
            return "dispatched", event.dispatched_at
        case ParcelDeemedSigned():
            return "deemed_signed", event.signed_at
        case ParcelReturnedToSender(evidence_kind=kind) if kind is not None:
            return "signed_for", event.happened_at
    at: datetime = event.happened_at  # type: ignore[attr-defined]
    return WORDS[type(event)], at


def columns_of(
    parcels: Parcels, parcel: Parcel, row: Mapping[str, Any], lines: Lines, *, at: datetime
) -> dict[str, Any]:
    """Returns the columns that the folds decide. `at` is the instant of a status that no fact of the way gives."""
    journey, status, reached = parcels.whole_journey(parcel), parcel.status, furthest(parcel.facts)
    if reached and reached.word == status:
        at, place = reached.fact.happened_at, reached.fact.code
    else:
        at, place = (row["occurred_at"] if row["milestone"] == status else at), ""
    held, refunded = parcels.quantities(parcel.parcel_id), refunded_units(lines, parcel.parcel_id)
    items = [{"line_id": line_id, "qty": qty, "refunded": refunded[line_id]} for line_id, qty in held.items()]
    return {
        "items": canonical(items),
        "stage": MILESTONES[status].stage,
        "milestone": status,
        "occurred_at": at,
        "location": place,
        "dispatched_at": journey.dispatched_at,
        "received_at_warehouse": journey.received_at_warehouse,
        "export_released_at": journey.export_released_at,
        "departed_at": journey.departed_at,
        "signed_at": journey.signed_at,
        "evidence_kind": journey.evidence_kind or "",
        "came_from": canonical(parcel.came_from),
        "went_into": canonical(parcel.went_into),
        "moved_at": parcel.moved_at,
    }
