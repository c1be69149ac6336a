"""What the units of one place are still worth, to the buyer and to the merchant, once part of their price went back."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ledger.money import half_up


@dataclass(frozen=True, slots=True)
class Prices:
    """A line's unit prices in minor units: what the buyer paid, what the merchant gets in CNY."""

    buyer: int
    list: int

    def listed(self, buyer_minor: int) -> int:
        """The list price's share of so much of the buyer's money."""
        return half_up(self.list * buyer_minor, self.buyer)


@dataclass(slots=True)
class UnitBalance:
    """Sums over the units of one place, in minor units; all zero until something is released or refunded.

    Units of a place are alike: a part refund is of the place, and the last of its units bears what is left.
    """

    paid_open: int = 0  # buyer's currency: part refunds of units that are still open
    merchant_paid: int = 0  # buyer's currency: every refund at the merchant's cost
    pending_less: int = 0  # CNY: how much less than their list price the pending units are worth
    released: int = 0  # CNY: gross that was released and not taken back

    def left_to_buyer(self, prices: Prices, qty: int, *, of: int) -> int:
        """What `qty` of the `of` open units can still give back to the buyer."""
        return max(0, min(prices.buyer * qty, prices.buyer * of - self.paid_open))

    def list_for(self, prices: Prices, qty: int, buyer_minor: int) -> int:
        """What the merchant gives for this: cumulative over the place, so that the parts of a unit are its list price.

        What cost the buyer less than the smallest coin goes by quantity.
        """
        if not prices.buyer:
            return prices.list * qty
        return prices.listed(self.merchant_paid + buyer_minor) - prices.listed(self.merchant_paid)

    def add(self, other: UnitBalance, sign: int) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + sign * getattr(other, field.name))

    def give(self, other: UnitBalance, prices: Prices, qty: int) -> None:
        """Hand over what `qty` units of this place may account for."""
        most = UnitBalance(prices.buyer * qty, prices.buyer * qty, prices.list * qty, prices.list * qty)
        part = UnitBalance(*(min(getattr(self, f.name), getattr(most, f.name)) for f in fields(self)))
        other.add(part, 1)
        self.add(part, -1)
