"""The technical service fee: the rate of a sale, and the fee and VAT of a gross amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.instants import Instant
from ledger.money import Money, half_up
from ledger.policies.policy import Policy

WHOLE_BPS = 10_000  # basis points of the whole
Bps = int


@dataclass(frozen=True, slots=True)
class FeeShare:
    """The parts of a gross amount: gross = net + fee + vat."""

    fee: Money
    vat: Money
    net: Money


class Vat(BaseModel):
    """VAT on the fee: inside the fee (`inclusive`) or on top of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_bps: Bps = Field(default=0, ge=0, le=WHOLE_BPS)
    inclusive: bool = True


class Promotion(BaseModel):
    """A rate for a limited time, for everyone or for the listed merchants or categories."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begins: Instant
    ends: Instant  # exclusive
    rate_bps: Bps = Field(ge=0, le=WHOLE_BPS)
    merchants: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def covers(self, *, merchant_id: str, category_id: str, at: Instant) -> bool:
        """True if the promotion applies to a sale at `at`."""
        named = not self.merchants and not self.categories
        return self.begins <= at < self.ends and (
            named or merchant_id in self.merchants or category_id in self.categories
        )


class Fees(Policy, key="fees"):
    """The only fee of the programme (statement 14), in basis points of the kept list amount in CNY.

    The rate of a sale is the lowest promotion that covers it, else the merchant's rate, else the category's, else
    `rate_bps`. `scope`: the fee is rounded once for all kept money of an order at one rate (`order`), or for each line
    (`line`). `refundable`: a refund after release gives back the fee of the refunded amount.
    """

    rate_bps: Bps = Field(ge=0, le=WHOLE_BPS)
    rounding: Literal["HALF_UP"] = "HALF_UP"
    scope: Literal["order", "line"] = "order"
    refundable: bool = True
    merchant_rates: dict[str, Bps] = {}
    category_rates: dict[str, Bps] = {}
    promotions: tuple[Promotion, ...] = ()
    vat: Vat = Vat()

    def rate_for(self, *, merchant_id: str, category_id: str, at: Instant) -> Bps:
        """Returns the rate of a sale at `at`, in basis points."""
        sale = {"merchant_id": merchant_id, "category_id": category_id}
        promoted = [promotion.rate_bps for promotion in self.promotions if promotion.covers(**sale, at=at)]
        if promoted:
            return min(promoted)
        general = self.category_rates.get(category_id, self.rate_bps)
        return self.merchant_rates.get(merchant_id, general)

    def taken_from(self, gross: Money, rate_bps: Bps) -> FeeShare:
        """Returns fee, VAT and net of a gross amount, rounded HALF_UP.

        For money that is released in parts, compute it from the cumulative gross and subtract the earlier parts, so
        that the parts add up to the whole (domain §3.3; `ledger/streams/amounts/fees.py`).
        """
        charged = _part(gross, rate_bps, WHOLE_BPS)
        if self.vat.inclusive:
            vat = _part(charged, self.vat.rate_bps, WHOLE_BPS + self.vat.rate_bps)
            return FeeShare(fee=charged - vat, vat=vat, net=gross - charged)
        vat = _part(charged, self.vat.rate_bps, WHOLE_BPS)
        return FeeShare(fee=charged, vat=vat, net=gross - charged - vat)


def _part(amount: Money, numerator: int, denominator: int) -> Money:
    return Money(half_up(amount.minor * numerator, denominator), amount.currency)
