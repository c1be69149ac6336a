"""Who bears a refund, loss or dispute: by where the units are, then by whose fault it is, then by the cause."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ledger.policies.policy import Policy

Bearer = Literal["merchant", "platform"]
Fault = Literal["nobody", "merchant", "platform"]
UnitPlace = Literal["unsent", "to_warehouse", "turned_back", "in_custody", "signed_for", "coming_back"]
Cause = Literal[
    "cancelled", "lost", "damaged", "refused", "undeliverable",
    "returned", "not_received", "product_unacceptable", "other",
]  # fmt: skip
_Rule = Literal[
    "merchant",
    "before_warehouse",
    "after_warehouse",
    "dispute_not_received",
    "dispute_product_unacceptable",
    "dispute_other",
]
# Goods on their way back are where they are whatever is said of them.
BY_PLACE: dict[UnitPlace, _Rule] = {"turned_back": "before_warehouse", "coming_back": "after_warehouse"}
# The rule before the warehouse has accepted the goods, and the one after it.
BY_CAUSE: dict[Cause, tuple[_Rule, _Rule]] = {
    "cancelled": ("merchant", "merchant"),
    "lost": ("before_warehouse", "after_warehouse"),
    "damaged": ("before_warehouse", "after_warehouse"),
    "refused": ("before_warehouse", "after_warehouse"),
    "undeliverable": ("before_warehouse", "after_warehouse"),
    "returned": ("merchant", "merchant"),
    # The domestic leg is the merchant's own, and custody passes at the warehouse (statements 12 and 20).
    "not_received": ("before_warehouse", "dispute_not_received"),
    "product_unacceptable": ("dispute_product_unacceptable", "dispute_product_unacceptable"),
    "other": ("dispute_other", "dispute_other"),
}

# Where units can be when they are refunded or disputed for a cause; elsewhere the command is refused.
_SENT: tuple[UnitPlace, ...] = ("to_warehouse", "turned_back", "in_custody", "coming_back")
POSSIBLE: dict[Cause, tuple[UnitPlace, ...]] = {
    "cancelled": ("unsent",),
    "lost": ("to_warehouse", "in_custody"),
    "damaged": _SENT,
    "refused": ("in_custody", "coming_back"),
    "undeliverable": ("turned_back", "coming_back"),
    "returned": ("signed_for",),
    "not_received": (*_SENT, "signed_for", "unsent"),
    "product_unacceptable": (*_SENT, "signed_for", "unsent"),
    "other": (*_SENT, "signed_for", "unsent"),
}


class Liability(Policy, key="liability"):
    """Custody passes when the transfer warehouse accepts the parcel (statement 20). Merchants bear what they never
    sent, and their faults."""

    before_warehouse: Bearer
    after_warehouse: Bearer
    merchant_faults: tuple[str, ...]  # reasons the merchant bears wherever the parcel is
    platform_faults: tuple[str, ...] = ()  # reasons the platform bears wherever the parcel is, once it was sent
    dispute_not_received: Bearer
    dispute_product_unacceptable: Bearer
    dispute_other: Bearer

    def bearer(self, place: UnitPlace, cause: Cause, fault: Fault = "nobody") -> Bearer:
        """Returns who bears it for units in this place: the one rule for refunds, losses, damages, refusals, returned
        parcels and disputes. The merchant bears everything about units that were never sent."""
        if place == "unsent":
            return "merchant"
        if fault != "nobody":
            return fault
        before, after = BY_CAUSE[cause]
        rule = BY_PLACE.get(place) or (before if place == "to_warehouse" else after)
        if rule == "merchant":
            return "merchant"
        bearer: Bearer = getattr(self, rule)
        return bearer

    def fault_of(self, reasons: Iterable[str]) -> Fault:
        """Returns whose fault these reasons are; of both, the merchant's."""
        named = set(reasons)
        if named & set(self.merchant_faults):
            return "merchant"
        return "platform" if named & set(self.platform_faults) else "nobody"
