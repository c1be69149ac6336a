"""The rule of who bears a refund, loss or dispute: by place of the units, then by fault, then by cause."""

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
# For goods on their way back the place decides, and the cause does not count.
BY_PLACE: dict[UnitPlace, _Rule] = {"turned_back": "before_warehouse", "coming_back": "after_warehouse"}
# The rule before the warehouse accepts the goods, and the rule after it.
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

# The places that units may be in for each cause; with any other place the command is refused.
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
    """Custody passes to the platform when the transfer warehouse accepts the parcel (statement 20).

    The merchant bears units that were never sent, and its own faults.
    """

    before_warehouse: Bearer
    after_warehouse: Bearer
    merchant_faults: tuple[str, ...]  # reasons that the merchant bears in every place
    platform_faults: tuple[str, ...] = ()  # reasons that the platform bears in every place after dispatch
    dispute_not_received: Bearer
    dispute_product_unacceptable: Bearer
    dispute_other: Bearer

    def bearer(self, place: UnitPlace, cause: Cause, fault: Fault = "nobody") -> Bearer:
        """Returns the bearer for units in this place. Refunds, losses, damage, refusals, returns and disputes all use
        it.

        The merchant always bears units that were never sent.
        """
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
        """Returns whose fault the reasons are. If both are at fault, it is the merchant's."""
        named = set(reasons)
        if named & set(self.merchant_faults):
            return "merchant"
        return "platform" if named & set(self.platform_faults) else "nobody"
