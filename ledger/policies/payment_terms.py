"""The time limits of a capture without an order, and of an order without payment."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class PaymentTerms(Policy, key="payment_terms"):
    """A capture without an order becomes a break after `order_must_follow_within` (acceptance scenario 3).

    An unpaid order expires `unpaid_order_expires_after` it was placed; never if that is null.
    """

    order_must_follow_within: Duration
    unpaid_order_expires_after: Duration | None = None

    def order_by(self, captured_at: datetime) -> datetime:
        """Returns the time by which the order of a capture must come. After it, a person must look."""
        return later(captured_at, self.order_must_follow_within)

    def pay_by(self, placed_at: datetime) -> datetime | None:
        """Returns the time by which an order must be paid; None if it never expires."""
        return later(placed_at, self.unpaid_order_expires_after) if self.unpaid_order_expires_after else None
