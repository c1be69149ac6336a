"""Places of an order's units: one reading of a parcel's facts, for liability, release and after-sales.

Units of a line in one parcel are in one place. Units that are in no parcel that has left are unsent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.events.milestones import MILESTONES
from ledger.folds.parcel import Journey, Parcel
from ledger.policies.liability import UnitPlace
from ledger.streams.orders.order import Order

BACKWARDS = frozenset({"returning_to_sender", "returned_to_warehouse", "returned_to_sender"})
REFUSED_BY_CUSTOMS = frozenset({"export_rejected", "import_refused"})
# Facts that prove our custody, beside all steps from the warehouse on: only then can a parcel be refused at customs,
# repacked, or returned to the warehouse.
_PROVES_CUSTODY = REFUSED_BY_CUSTOMS | {"consolidated", "split", "returned_to_warehouse"}
_IN_OUR_CUSTODY = frozenset({"warehouse", "export", "line_haul", "import", "last_mile"})


@dataclass(frozen=True, slots=True)
class PlacedUnits:
    """Units of a line that are in one place and not refunded. `parcel_id` and `journey` are None for unsent units."""

    line_id: str
    parcel_id: str | None
    qty: int
    place: UnitPlace
    journey: Journey | None


def placed_units(order: Order, line_id: str) -> Iterator[PlacedUnits]:
    """Yields the units of the line by parcel that has left, then the unsent units."""
    book = order.lines[line_id]
    for journey in order.parcels.journeys(line_id):
        qty = journey.qty - book.at(journey.parcel_id).refunded
        if journey.has_left and qty > 0:
            place = place_in(order, journey.parcel_id)
            yield PlacedUnits(line_id, journey.parcel_id, qty, place, journey)
    if (unsent := order.unshipped(line_id)) > 0:
        yield PlacedUnits(line_id, None, unsent, "unsent", None)


def place_in(order: Order, parcel_id: str | None) -> UnitPlace:
    """Returns the place of the units of this parcel; `unsent` for None."""
    parcel = order.parcels.of(parcel_id) if parcel_id else None
    return place_of(parcel) if parcel else "unsent"


def place_of(parcel: Parcel) -> UnitPlace:
    """Returns the place of a parcel's units, by all facts that were reported.

    A parcel that the warehouse rejected is the merchant's again, and its units are unsent. A recipient's signature ends
    a loss; a deemed signature does not.
    """
    if parcel.signature and parcel.lost_at is None:
        return "signed_for"
    if not parcel.has_left:
        return "unsent"
    if parcel.status in BACKWARDS:
        return "coming_back" if was_in_our_custody(parcel) else "turned_back"
    return "in_custody" if was_in_our_custody(parcel) else "to_warehouse"


def was_in_our_custody(parcel: Parcel) -> bool:
    """True if the warehouse accepted the parcel (statement 20). A later step or a recipient's signature proves that
    too, because carriers do not report every step."""
    if parcel.proven_signatures:
        return True
    return any(
        MILESTONES[fact.milestone].stage in _IN_OUR_CUSTODY or fact.milestone in _PROVES_CUSTODY
        for fact in parcel.facts
    )
