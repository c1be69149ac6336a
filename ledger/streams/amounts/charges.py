"""Charges that go back with an order's goods: tax in proportion, shipping with the last units."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal

from ledger.events.orders import ChargeType
from ledger.events.payments import AllocatedCharge
from ledger.events.refunds import RefundLine, RefundMoney
from ledger.fx import CNY
from ledger.money import Money, half_up, share, total
from ledger.streams.amounts.taxes import charges_given_back, tax_held
from ledger.streams.orders.order import Order

TYPES: tuple[ChargeType, ...] = ("shipping", "tax")


class OrderCharges:
    """The charges of a paid order, and what refunds and standing lost disputes gave back of each.

    Tax goes back in proportion to the goods' money that goes back. Both are cumulative: all of the tax is back exactly
    when all goods are.
    """

    def __init__(self, order: Order) -> None:
        allocated = order.payments.allocation
        assert allocated is not None, "only a paid order has charges to give back"
        self._order, self.currency = order, allocated.amount.currency
        self._charged, self._back = allocated.charges, tuple(charges_given_back(order))
        self._goods = total([line.amount for line in allocated.lines], self.currency)
        self._units = sum(line.qty for line in allocated.lines)
        self._units_left = sum(book.live - book.refunded for book in order.lines.values())
        self._goods_back = _goods_back(order, self.currency)

    @property
    def types(self) -> tuple[ChargeType, ...]:
        """The types of charges that the buyer paid."""
        return tuple(kind for kind in TYPES if self._sum(self._charged, kind)[0])

    def left(self, kind: ChargeType) -> Money:
        """Returns the part of the charge that is not given back yet, in the buyer's currency."""
        return self._sum(self._charged, kind)[0] - self._sum(self._back, kind)[0]

    def is_last(self, lines: Iterable[RefundLine]) -> bool:
        """True if the order has no open units left once these are refunded."""
        qty = sum(line.qty for line in lines)
        return 0 < qty == self._units_left

    def tax_with(self, goods: Money, *, qty: int = 0) -> Money:
        """Returns the tax that goes back with `goods` more of the goods' money. If the goods cost nothing, `qty`
        decides."""
        whole, back = self._sum(self._charged, "tax")[0], self._sum(self._back, "tax")[0]
        if self._goods:
            upto, of = (self._goods_back + goods).minor, self._goods.minor
        else:
            upto, of = self._units - self._units_left + qty, self._units
        due = whole.minor if upto >= of else half_up(whole.minor * upto, of)
        return Money(min(max(0, due - back.minor), self.left("tax").minor), self.currency)

    def goods_within(self, money: Money, *, after: Money) -> Money:
        """Returns the goods' part of what is left of `money` after goods of `after`, so that the tax of both fits in
        too."""
        spent = range(max(0, money.minor - after.minor) + 1)

        def with_tax(minor: int) -> int:
            goods = after + Money(minor, self.currency)
            return (goods + self.tax_with(goods)).minor

        return Money(max(0, bisect_right(spent, money.minor, key=with_tax) - 1), self.currency)

    def part(self, kind: ChargeType, amount: Money) -> tuple[AllocatedCharge, ...]:
        """Returns `amount` of a charge with its share of the captured base (CNY).

        Tax that was already paid on as duty becomes the charge `duty`: the platform bears it.
        """
        (whole, whole_base), (back, back_base) = self._sum(self._charged, kind), self._sum(self._back, kind)
        base = share(whole_base, upto=(back + amount).minor, of=whole.minor, already=back_base) if whole else whole_base
        if kind == "shipping":
            return _unless_nothing(AllocatedCharge(type=kind, amount=amount, base=base))
        held, held_base = tax_held(self._order, self.currency)
        from_tax = min(held, amount)
        tax_base = held_base if from_tax == held else base
        if from_tax == amount:
            return _unless_nothing(AllocatedCharge(type="tax", amount=amount, base=tax_base))
        return (
            *_unless_nothing(AllocatedCharge(type="tax", amount=from_tax, base=tax_base)),
            *_unless_nothing(AllocatedCharge(type="duty", amount=amount - from_tax, base=base - tax_base)),
        )

    def _sum(self, charges: Iterable[AllocatedCharge], kind: ChargeType) -> tuple[Money, Money]:
        kinds: tuple[Literal["shipping", "tax", "duty"], ...] = ("tax", "duty") if kind == "tax" else (kind,)
        found = [charge for charge in charges if charge.type in kinds]
        return total([charge.amount for charge in found], self.currency), total([charge.base for charge in found], CNY)


def charges_with(order: Order, lines: Iterable[RefundLine], *, shipping: bool) -> tuple[AllocatedCharge, ...]:
    """Returns the charges that go back with these lines. With `shipping`, shipping goes back with the last units."""
    if order.payments.allocation is None:
        return ()
    charges, lines = OrderCharges(order), list(lines)
    goods = total([line.buyer_amount for line in lines], charges.currency)
    tax = charges.part("tax", charges.tax_with(goods, qty=sum(line.qty for line in lines)))
    if not (shipping and charges.is_last(lines)):
        return tax
    return (*charges.part("shipping", charges.left("shipping")), *tax)


def cut_charges(money: RefundMoney, has: Money) -> tuple[Money, tuple[AllocatedCharge, ...]]:
    """Returns the goods' part of `has`, which the buyer got of a refund, and its part of each charge."""
    cut: list[AllocatedCharge] = []
    given = upto = Money(0, has.currency)
    for charge in money.charges:
        upto = upto + charge.amount
        part = share(has, upto=upto.minor, of=money.amount.minor, already=given)
        given = given + part
        base = share(charge.base, upto=part.minor, of=charge.amount.minor, already=charge.base * 0)
        cut += _unless_nothing(charge.model_copy(update={"amount": part, "base": base}))
    return has - given, tuple(cut)


def _goods_back(order: Order, currency: str) -> Money:
    """Returns the goods' money that went back to the buyer, without refunds of money that never was the order's."""
    back = Money(0, currency)
    for case in order.cases.values():
        if case.given and not case.capture_ref:
            back += case.given.amount - total([charge.amount for charge in case.given.charges], currency)
    for dispute in order.disputes:
        lines = dispute.lost.lines if dispute.lost else ()
        back += total([line.buyer_amount for line in lines], currency)
    return back


def _unless_nothing(charge: AllocatedCharge) -> tuple[AllocatedCharge, ...]:
    return (charge,) if charge.amount else ()
