"""Which charges of an order go back to the buyer with its goods."""

from __future__ import annotations

from typing import Literal

from ledger.policies.policy import Policy

ShippingBack = Literal["with_the_last_line", "by_reviewer", "never"]


class OrderCharges(Policy, key="order_charges"):
    """Tax always goes back with the goods, in proportion.

    Shipping goes back with the last units of the order (`with_the_last_line`), where a reviewer grants it
    (`by_reviewer`), or not at all (`never`). A reviewer may grant shipping under the first two.
    """

    shipping: ShippingBack = "with_the_last_line"
