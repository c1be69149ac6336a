"""The conversion of a CNY list price to the price that an overseas buyer sees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ledger.deadlines import later
from ledger.fx import Rate
from ledger.instants import Duration
from ledger.policies.policy import Policy


class ReferencePricing(Policy, key="reference_pricing"):
    """The unit price at the last rate of `rate_kind`, rounded HALF_UP, then multiplied (statement 15; domain §3.3)."""

    rate_kind: Literal["reference", "book"]
    quote_validity: Duration
    max_rate_age: Duration
    rounding: Literal["HALF_UP"] = "HALF_UP"

    def is_fresh(self, rate: Rate, on: date) -> bool:
        """True if the rate may still be quoted on this day."""
        return on - rate.as_of <= self.max_rate_age

    def expires_at(self, quoted_at: datetime) -> datetime:
        """Returns the time at which a quote lapses."""
        return later(quoted_at, self.quote_validity)
