"""The charges of an order that are refunded together with its goods."""

from __future__ import annotations

from typing import Literal

from ledger.policies.policy import Policy

ShippingBack = Literal["with_the_last_line", "by_reviewer", "never"]


class OrderCharges(Policy, key="order_charges"):
    """Tax is always refunded with the goods, in proportion.

    Shipping is refunded with the last units of the order (`with_the_last_line`), only if a reviewer grants it
    (`by_reviewer`), or never (`never`). A reviewer may also grant it under `with_the_last_line`.
    """

    shipping: ShippingBack = "with_the_last_line"
