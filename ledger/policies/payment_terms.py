"""How long a buyer's money may stand without the order it is for."""

from __future__ import annotations

from datetime import timedelta

from ledger.policies.policy import Policy


class PaymentTerms(Policy, key="payment_terms"):
    """A capture whose order has not come `order_must_follow_within` it is a break (acceptance scenario 3)."""

    order_must_follow_within: timedelta
