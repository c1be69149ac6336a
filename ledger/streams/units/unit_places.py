"""Where units of an order are: one reading of a parcel's facts, for liability, release and after-sales alike.

Units of a line that travel in one parcel are in one place; those that have left in no parcel are unsent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.events.milestones import MILESTONES
from ledger.policies.liability import UnitPlace
from ledger.streams.orders.order import Order
from ledger.streams.orders.parcels import Journey, Parcel

BACKWARDS = frozenset({"returning_to_sender", "returned_to_warehouse", "returned_to_sender"})
REFUSED_BY_CUSTOMS = frozenset({"export_rejected", "import_refused"})
# Beside every step from the warehouse on: only who has a parcel refuses it at customs, packs it anew, or gets it back.
_PROVES_CUSTODY = REFUSED_BY_CUSTOMS | {"consolidated", "split", "returned_to_warehouse"}
_IN_OUR_CUSTODY = frozenset({"warehouse", "export", "line_haul", "import", "last_mile"})


@dataclass(frozen=True, slots=True)
class PlacedUnits:
    """Units of a line that are in one place and were not refunded. `parcel_id` and `journey` are None while unsent."""

    line_id: str
    parcel_id: str | None
    qty: int
    place: UnitPlace
    journey: Journey | None


def placed_units(order: Order, line_id: str) -> Iterator[PlacedUnits]:
    """Yields the units of the line, those that have left first, parcel by parcel."""
    book = order.lines[line_id]
    for journey in order.parcels.journeys(line_id):
        qty = journey.qty - book.at(journey.parcel_id).refunded
        if journey.has_left and qty > 0:
            place = place_in(order, journey.parcel_id)
            yield PlacedUnits(line_id, journey.parcel_id, qty, place, journey)
    if (unsent := order.unshipped(line_id)) > 0:
        yield PlacedUnits(line_id, None, unsent, "unsent", None)


def place_in(order: Order, parcel_id: str | None) -> UnitPlace:
    """Returns where the units of this parcel are; of none, they are unsent."""
    parcel = order.parcels.of(parcel_id) if parcel_id else None
    return place_of(parcel) if parcel else "unsent"


def place_of(parcel: Parcel) -> UnitPlace:
    """Returns where the units of a parcel are, on all that was reported of it.

    What the warehouse turned away at its door is the merchant's again, and unsent. A loss ends with a recipient's
    signature, and stands beside one that is only deemed.
    """
    if parcel.signature and parcel.lost_at is None:
        return "signed_for"
    if not parcel.has_left:
        return "unsent"
    if parcel.status in BACKWARDS:
        return "coming_back" if was_in_our_custody(parcel) else "turned_back"
    return "in_custody" if was_in_our_custody(parcel) else "to_warehouse"


def was_in_our_custody(parcel: Parcel) -> bool:
    """True if the warehouse accepted the parcel (statement 20). Any later step proves that too: carriers do not report
    every one. So does a recipient's signature."""
    if parcel.proven_signatures:
        return True
    return any(
        MILESTONES[fact.milestone].stage in _IN_OUR_CUSTODY or fact.milestone in _PROVES_CUSTODY
        for fact in parcel.facts
    )
