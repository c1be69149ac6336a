"""Balances of the units in one place, for the buyer and for the merchant, after part refunds."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ledger.money import half_up


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices of a line in minor units: the buyer's price, and the list price in CNY."""

    buyer: int
    list: int

    def listed(self, buyer_minor: int) -> int:
        """Returns the share of the list price, in fen, that corresponds to `buyer_minor`."""
        return half_up(self.list * buyer_minor, self.buyer)


@dataclass(slots=True)
class UnitBalance:
    """Sums over the units of one place, in minor units; all zero until something is released or refunded.

    Units of a place are alike: a part refund belongs to the place, and its last unit takes the rest.
    """

    paid_open: int = 0  # buyer's currency: part refunds of units that are still open; negative: see `uncovered`
    merchant_paid: int = 0  # buyer's currency: every refund at the merchant's cost
    pending_less: int = 0  # CNY: list price of the pending units less their balance
    released: int = 0  # CNY: gross that was released and not taken back
    merchant_listed: int = 0  # CNY: list price of every refund at the merchant's cost
    merchant_covered: int = 0  # buyer's currency: part refunds within the price of units refunded by the merchant
    platform_covered: int = 0  # buyer's currency: part refunds within the price of units refunded by the platform
    issuer_covered: int = 0  # buyer's currency: part refunds within the price of units that a lost dispute took

    @property
    def uncovered(self) -> int:
        """The part of the price of refunded units that the buyer does not have, in minor units of the buyer's currency.

        A part refund covered it when the units were refunded, and was undone afterwards.
        """
        return max(0, -self.paid_open)

    def left_to_buyer(self, prices: Prices, qty: int, *, of: int) -> int:
        """Returns the minor units that `qty` of the `of` open units can still give back to the buyer."""
        return max(0, min(prices.buyer * qty, prices.buyer * of - self.paid_open))

    def list_for(self, prices: Prices, qty: int, buyer_minor: int) -> int:
        """Returns the fen that the merchant gives for a refund of `buyer_minor`. They are cumulative over the place, so
        that the parts of a unit sum to its list price.

        If the buyer's price is zero, the quantity decides.
        """
        if not prices.buyer:
            return prices.list * qty
        return max(0, prices.listed(self.merchant_paid + buyer_minor) - self.merchant_listed)

    def add(self, other: UnitBalance, sign: int) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + sign * getattr(other, field.name))

    def give(self, other: UnitBalance, prices: Prices, qty: int) -> None:
        """Moves the part of the balance that `qty` units can have to another place."""
        buyers, listed = prices.buyer * qty, prices.list * qty
        in_list_price = ("pending_less", "released", "merchant_listed")
        most = {f.name: listed if f.name in in_list_price else buyers for f in fields(self)}
        part = UnitBalance(**{name: min(getattr(self, name), limit) for name, limit in most.items()})
        other.add(part, 1)
        self.add(part, -1)
