"""Who bears a loss: by what happened, where the parcel was, and why a buyer disputes."""

from __future__ import annotations

from typing import Literal

from ledger.policies.policy import Policy

Bearer = Literal["merchant", "platform"]
Place = Literal["before_warehouse", "after_warehouse"]


class Liability(Policy, key="liability"):
    """Custody passes when the transfer warehouse accepts the parcel (statement 20); merchants bear their faults."""

    before_warehouse: Bearer
    after_warehouse: Bearer
    merchant_faults: tuple[str, ...]  # reasons the merchant bears wherever the parcel is
    platform_faults: tuple[str, ...] = ()  # reasons the platform bears wherever the parcel is
    dispute_not_received: Bearer
    dispute_product_unacceptable: Bearer
    dispute_other: Bearer

    def bearer(self, *, reason: str, place: Place) -> Bearer:
        """Who bears a loss, refusal or return for `reason`."""
        if reason in self.merchant_faults:
            return "merchant"
        if reason in self.platform_faults:
            return "platform"
        return self.after_warehouse if place == "after_warehouse" else self.before_warehouse

    def dispute_bearer(self, reason: str) -> Bearer:
        """Who bears a lost dispute."""
        match reason:
            case "not_received":
                return self.dispute_not_received
            case "product_unacceptable":
                return self.dispute_product_unacceptable
            case _:
                return self.dispute_other
