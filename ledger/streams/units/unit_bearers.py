"""Bearers of units: the liability policy, applied to their place and to partners' reports.

Refunds, losses, damages, refusals, returned parcels, disputes and claims all use this module.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.milestones import still_valid
from ledger.folds.parcel import Parcel
from ledger.policies.liability import Bearer, Cause, Fault, Liability
from ledger.streams.orders.order import Order
from ledger.streams.units.unit_places import BACKWARDS, REFUSED_BY_CUSTOMS, place_of

# For a parcel that nobody signed for, partners' reports take precedence over the cause a buyer or an issuer names.
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
    """Returns who bears units in this parcel, or units that were never sent (None).

    `cause` is the cause of the refund or dispute, and `reason` its code word. `found` is the party that a reviewer
    found at fault.
    """
    parcel = order.parcels.of(parcel_id) if parcel_id else None
    if parcel is None:
        return policy.bearer("unsent", cause)
    place = place_of(parcel)
    reported = None if place == "signed_for" else _REPORTED.get(parcel.status)
    fault: Fault = found or policy.fault_of((reason, *reported_reasons(parcel)))
    return policy.bearer(place, reported or cause, fault)


def dispute_cause(reason: str) -> Cause:
    """Returns the cause that corresponds to an issuer's reason."""
    match reason:
        case "not_received" | "product_unacceptable":
            return reason
        case _:
            return "other"


def reported_reasons(parcel: Parcel) -> Iterable[str]:
    """Returns the reasons that partners gave with the facts of the parcel that are still valid."""
    return [parcel.reasons[fact] for fact in still_valid(parcel.facts) if fact in parcel.reasons]
