"""How long a buyer's money may stand without its order, and an order without its money."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class PaymentTerms(Policy, key="payment_terms"):
    """A capture whose order has not come `order_must_follow_within` it is a break (acceptance scenario 3).

    An order nobody paid expires `unpaid_order_expires_after` it was placed; never where that is null.
    """

    order_must_follow_within: Duration
    unpaid_order_expires_after: Duration | None = None

    def order_by(self, captured_at: datetime) -> datetime:
        """Until when the order of a capture can come before somebody must look."""
        return later(captured_at, self.order_must_follow_within)

    def pay_by(self, placed_at: datetime) -> datetime | None:
        """Until when an order placed then can be paid; None where it never expires."""
        return later(placed_at, self.unpaid_order_expires_after) if self.unpaid_order_expires_after else None
