"""Who bears what becomes of units of an order: the policy's rule, asked about where they are and what is known of them.

Refunds, losses, damages, refusals, returned parcels, disputes and claims all ask here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.milestones import still_valid
from ledger.policies.liability import Bearer, Cause, Fault, Liability
from ledger.streams.orders.order import Order
from ledger.streams.orders.parcels import Parcel
from ledger.streams.units.unit_places import BACKWARDS, REFUSED_BY_CUSTOMS, place_of

# What partners have reported of a parcel that nobody signed for stands above what a buyer or an issuer calls it.
_REPORTED: dict[str, Cause] = {
    "lost": "lost",
    "damaged": "damaged",
    "destroyed": "damaged",
    **dict.fromkeys(REFUSED_BY_CUSTOMS, "refused"),
    **dict.fromkeys(BACKWARDS, "undeliverable"),
}


def bearer_of(
    order: Order, parcel_id: str | None, *, cause: Cause, reason: str, policy: Liability, found: Bearer | None = None
) -> Bearer:
    """Returns who bears it for the units in this parcel, or for units that were never sent (None).

    `cause` is what they are refunded or disputed for, `reason` the word for it; `found` is whose fault a reviewer
    found it to be.
    """
    parcel = order.parcels.of(parcel_id) if parcel_id else None
    if parcel is None:
        return policy.bearer("unsent", cause)
    place = place_of(parcel)
    reported = None if place == "signed_for" else _REPORTED.get(parcel.status)
    fault: Fault = found or policy.fault_of((reason, *reported_reasons(parcel)))
    return policy.bearer(place, reported or cause, fault)


def dispute_cause(reason: str) -> Cause:
    """Returns the cause that an issuer's reason is."""
    match reason:
        case "not_received" | "product_unacceptable":
            return reason
        case _:
            return "other"


def reported_reasons(parcel: Parcel) -> Iterable[str]:
    """Returns the reasons that partners gave for what still stands in the parcel's way."""
    return [parcel.reasons[fact] for fact in still_valid(parcel.facts) if fact in parcel.reasons]
