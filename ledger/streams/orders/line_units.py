"""Counts of a line's units in one place: refunded, released, requested; and the effects of refunds on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ledger.folds.unit_claims import taken
from ledger.fx import CNY
from ledger.money import Money, split
from ledger.streams.orders.line_balance import Prices, UnitBalance


@dataclass(slots=True)
class Units:
    """Counts of the units in one place. All are cumulative except `requested_by`."""

    requested_by: Counter[str] = field(default_factory=Counter)  # by the open case that asks for them
    merchant_borne: int = 0  # refunded, and the list price was taken back from the merchant
    platform_borne: int = 0  # refunded, and the merchant keeps the list price or the rest of it
    released: int = 0
    taken_back: int = 0  # released first, then refunded at the merchant's cost
    balance: UnitBalance = field(default_factory=UnitBalance)

    @property
    def asked(self) -> int:
        """The number of units that open cases ask for."""
        return self.requested_by.total()

    @property
    def refunded(self) -> int:
        return self.merchant_borne + self.platform_borne

    @property
    def kept_releases(self) -> int:
        """The number of units that are released and not taken back."""
        return self.released - self.taken_back

    @property
    def merchants_share(self) -> tuple[int, int]:
        """The merchant's refunds: the buyer's money, and its list price."""
        return self.balance.merchant_paid, self.balance.merchant_listed

    def with_more_listed(self, fen: int) -> Units:
        """Returns the effect of a refund with `fen` more of list price: of the money that the refund was taken from."""
        if not fen:
            return self
        more = {"merchant_listed": self.balance.merchant_listed + fen}
        if self.balance.released:
            more["released"] = self.balance.released - fen
        else:
            more["pending_less"] = self.balance.pending_less + fen
        return replace(self, balance=replace(self.balance, **more))

    def add(self, effect: Units, sign: int = 1) -> None:
        """Adds the effect of a refund, or (`sign` -1) undoes it."""
        self.merchant_borne += sign * effect.merchant_borne
        self.platform_borne += sign * effect.platform_borne
        self.taken_back += sign * effect.taken_back
        self.balance.add(effect.balance, sign)

    def give(self, other: Units, prices: Prices, qty: int) -> None:
        """Moves the counts and balances of `qty` units to another place."""
        self.balance.give(other.balance, prices, qty)
        room = qty
        for name in ("merchant_borne", "platform_borne"):
            room -= self._hand(other, name, room)
        other.requested_by.update(taken(self.requested_by, room))
        self._hand(other, "released", qty)
        self._hand(other, "taken_back", min(other.merchant_borne, other.released))

    def parts(self, weights: Sequence[int]) -> list[Units]:
        """Returns the effect of a refund in parts by these weights, which sum to it."""
        if len(weights) == 1:
            return [self]
        names = ("merchant_borne", "platform_borne", "taken_back")
        counts: dict[str, Any] = {name: _split(getattr(self, name), weights) for name in names}
        balance = {part.name: _split(getattr(self.balance, part.name), weights) for part in fields(self.balance)}
        return [
            replace(
                self,
                **{name: parts[n] for name, parts in counts.items()},
                balance=UnitBalance(**{name: parts[n] for name, parts in balance.items()}),
            )
            for n in range(len(weights))
        ]

    def give_part(self, other: Units, prices: Prices, paid: int) -> None:
        """Moves `paid` minor units of part refunds of open units, with the merchant's share of them."""
        mine, theirs = self.balance, other.balance
        merchants = min(paid, mine.merchant_paid) if mine.pending_less else 0
        less = min(mine.pending_less, theirs.list_for(prices, 0, merchants))
        if paid == mine.paid_open and not self.platform_borne:  # the last part takes the rounding
            less = mine.pending_less
        rest = prices.listed(mine.merchant_paid) - prices.listed(mine.merchant_paid - merchants)
        listed = mine.merchant_listed if merchants == mine.merchant_paid else min(mine.merchant_listed, rest)
        part = UnitBalance(paid_open=paid, merchant_paid=merchants, pending_less=less, merchant_listed=listed)
        theirs.add(part, 1)
        mine.add(part, -1)

    def give_pending(self, other: Units, less: int) -> None:
        """Moves `less` fen that the pending units have less than their price, with what was released of them."""
        released = min(less, self.balance.released) if self.kept_releases <= 0 else 0
        part = UnitBalance(pending_less=less, released=released)
        other.balance.add(part, 1)
        self.balance.add(part, -1)

    def give_cover(self, other: Units) -> None:
        """Moves the record of covered parts to `other`, where a part refund that covered refunded units was undone."""
        mine, theirs = self.balance, other.balance
        names = ("merchant_covered", "platform_covered", "issuer_covered")
        for name in names:
            missing = theirs.uncovered - sum(getattr(theirs, known) for known in names)
            moved = max(0, min(missing, getattr(mine, name)))
            setattr(mine, name, getattr(mine, name) - moved)
            setattr(theirs, name, getattr(theirs, name) + moved)

    def _hand(self, other: Units, name: str, most: int) -> int:
        count: int = max(0, min(getattr(self, name), most))
        setattr(self, name, getattr(self, name) - count)
        setattr(other, name, getattr(other, name) + count)
        return count


def _split(total: int, weights: Sequence[int]) -> list[int]:
    return [part.minor for part in split(Money(total, CNY), weights)]


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """One place's part of an approved line. `buyer`, `listed` and `released` are minor units."""

    qty: int
    buyer: int
    listed: int
    released: int
    taken_back: int
    by_issuer: bool  # lost in a dispute


def of_platform(units: Units, prices: Prices, part: RefundedPart) -> Units:
    """Returns the effect of a refund that the platform bears."""
    return Units(platform_borne=part.qty, balance=_of_buyer(units, prices, part, "platform_covered"))


def of_merchant(units: Units, prices: Prices, part: RefundedPart) -> Units:
    """Returns the effect of a refund that the merchant bears.

    If the list price is not taken back in full, the merchant keeps the units at the rest of their price.
    """
    from_pending = part.listed - part.released
    keeps = prices.list * (part.qty - part.taken_back) - from_pending
    balance = _of_buyer(units, prices, part, "merchant_covered")
    balance.merchant_paid, balance.merchant_listed = part.buyer, part.listed
    balance.pending_less, balance.released = -keeps, -part.released
    if part.qty and keeps > max(0, units.balance.pending_less):
        balance.pending_less = from_pending
        return Units(platform_borne=part.qty, balance=balance)
    return Units(merchant_borne=part.qty, taken_back=part.taken_back, balance=balance)


def _of_buyer(units: Units, prices: Prices, part: RefundedPart, covered: str) -> UnitBalance:
    """Returns the effect on the buyer's balance. `covered` names the field of the party that bears the refund.

    Refunded units leave the part refunds that are within their price to `covered`. An issuer gives the buyer an amount,
    and not the units' price. A part refund pays first for refunded units whose cover was undone.
    """
    covered = "issuer_covered" if part.by_issuer else covered
    if part.qty:
        covers = min(max(0, units.balance.paid_open), max(0, prices.buyer * part.qty - part.buyer))
        return UnitBalance(paid_open=-covers, **{covered: covers})
    return UnitBalance(paid_open=part.buyer, **{covered: -min(part.buyer, units.balance.uncovered)})
