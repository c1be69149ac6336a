"""The amount that can be paid out to a merchant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ledger.fx import CNY
from ledger.money import Money, half_up
from ledger.policies.fees import WHOLE_BPS
from ledger.policies.policy import Policy


class PayoutTerms(Policy, key="payout_terms"):
    """The minimum of one payout, the reserve kept back (none: statement 9), and the recovery of a negative balance."""

    minimum: Money
    reserve_bps: int = Field(default=0, ge=0, le=WHOLE_BPS)
    negative_balance: Literal["offset_only"] = "offset_only"

    @field_validator("minimum")
    @classmethod
    def _is_cny(cls, minimum: Money) -> Money:
        if minimum.currency != CNY or minimum.minor < 1:
            raise ValueError("the minimum of a payout must be a positive amount in CNY")
        return minimum

    def payable(self, available: Money) -> Money:
        """Returns the available money less the reserve; zero if the balance is not positive."""
        if available.minor <= 0:
            return Money.zero(CNY)
        return available - Money(half_up(available.minor * self.reserve_bps, WHOLE_BPS), CNY)
