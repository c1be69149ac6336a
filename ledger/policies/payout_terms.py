"""What a merchant can be paid out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ledger.fx import CNY
from ledger.money import Money
from ledger.policies.policy import Policy


class PayoutTerms(Policy, key="payout_terms"):
    """Minimum of one payout, reserve kept back (none: statement 9), and how a negative balance is recovered."""

    minimum: Money
    reserve_bps: int = Field(default=0, ge=0, le=10_000)
    negative_balance: Literal["offset_only"] = "offset_only"

    @field_validator("minimum")
    @classmethod
    def _is_cny(cls, minimum: Money) -> Money:
        if minimum.currency != CNY or minimum.minor < 1:
            raise ValueError("the minimum of a payout is a positive amount in CNY")
        return minimum
