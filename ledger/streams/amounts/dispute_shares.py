"""Shares of a lost dispute (P14): first unallocated money, then owed refunds, then units and charges of the order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.events.disputes import DisputeLiability, DisputeLost
from ledger.events.payments import AllocatedCharge, OwedRefund
from ledger.events.refunds import ApprovedLine, Bearer, RefundLine
from ledger.folds.line_places import Place
from ledger.fx import CNY, NO_CNY
from ledger.money import Money, split, total
from ledger.streams.amounts.charges import OrderCharges
from ledger.streams.amounts.fees import OrderFees
from ledger.streams.amounts.refund_shares import cut_to, liability_of, refund_line, taken_back
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture
from ledger.streams.units.unit_places import placed_units
from ledger.streams.units.units import OrderUnits


@dataclass(frozen=True, slots=True)
class Loss:
    """The amounts of `DisputeLost`. Its docstring says how they sum to the carried value."""

    liability: DisputeLiability
    unallocated: Money
    unallocated_base: Money
    owed: tuple[OwedRefund, ...]
    lines: tuple[ApprovedLine, ...]
    charges: tuple[AllocatedCharge, ...]
    margin_reversed: Money
    fx: Money
    expense: Money


def loss(
    order: Order,
    dispute: Dispute,
    fees: OrderFees | None,
    *,
    amount: Money,
    carried: Money,
    bearer: Callable[[RefundLine], Bearer],
) -> Loss:
    """Returns the shares of the withdrawn `amount`, whose CNY value is `carried`. `bearer` says who bears units in one
    place. A merchant bears at most its order's part of the capture. `fees` is None before the order is placed."""
    capture = order.payments.captures.get(dispute.capture_ref)
    free = capture.free if capture and capture.amount.currency == amount.currency else amount * 0
    unallocated = min(amount, free)
    units = OrderUnits(order, also=dispute)
    owed = tuple(owed_refunds(order, units, dispute, amount - unallocated))
    rest = amount - unallocated - total([refund.amount for refund in owed], amount.currency)
    of_the_order = _of_the_order(capture, dispute.lost, rest)
    asked = list(_lines(order, units, dispute, of_the_order))
    goods = total([line.buyer_amount for line in asked], amount.currency)
    charges = _charges(order, asked, goods, of_the_order)
    on_charges = total([charge.amount for charge in charges], amount.currency)
    lines, liability = _closed(order, asked, fees, bearer)
    theirs = [line for line in lines if line.is_merchants(liability)]
    borne = rest - on_charges - total([line.buyer_amount for line in theirs], amount.currency)
    expense = split(carried, [amount.minor - borne.minor, borne.minor])[1] if amount else carried
    given_back, listed = total([line.base for line in theirs], CNY), total([line.list_amount for line in theirs], CNY)
    unallocated_base = capture.base_of(unallocated) if capture and unallocated else NO_CNY
    elsewhere = total([unallocated_base, expense, *(refund.carried for refund in owed)], CNY)
    return Loss(
        liability=liability,
        unallocated=unallocated,
        unallocated_base=unallocated_base,
        owed=owed,
        lines=lines,
        charges=charges,
        margin_reversed=given_back - listed,
        fx=carried - elsewhere - given_back - total([charge.base for charge in charges], CNY),
        expense=expense,
    )


def _of_the_order(capture: Capture | None, before: DisputeLost | None, rest: Money) -> Money:
    """Returns the part of `rest` that is the order's in the capture and was not lost before."""
    if capture is None or capture.amount.currency != rest.currency:
        return rest
    left = capture.allocated - shared_of_order(before) if before else capture.allocated
    return max(rest * 0, min(rest, left))


def shared_of_order(lost: DisputeLost) -> Money:
    """Returns the part of a loss that is in units and charges of the order, in the buyer's currency."""
    parts = [line.buyer_amount for line in lost.lines] + [charge.amount for charge in lost.charges]
    return total(parts, lost.amount.currency)


def shared(lost: DisputeLost) -> Money:
    """Returns the part of a loss that is in any share, in the buyer's currency; the rest is more than there was."""
    owed = total([refund.amount for refund in lost.owed], lost.amount.currency)
    return lost.unallocated + owed + shared_of_order(lost)


def _closed(
    order: Order, asked: list[RefundLine], fees: OrderFees | None, bearer: Callable[[RefundLine], Bearer]
) -> tuple[tuple[ApprovedLine, ...], DisputeLiability]:
    """Returns the lines that are closed, and the liability. A part of a price closes no unit if the platform bears
    it."""
    bearers = [bearer(line) for line in asked]
    closed = [(line, who) for line, who in zip(asked, bearers, strict=True) if line.qty or who == "merchant"]
    if fees is None:
        return (), "platform"
    left = [who for _, who in closed]
    return taken_back(order, [line for line, _ in closed], left, fees), liability_of(left)


def owed_refunds(order: Order, units: OrderUnits, dispute: Dispute, left: Money) -> Iterator[OwedRefund]:
    """Yields refunds that are approved and not submitted: the buyer has them by the dispute now. A refund of other
    units than the disputed ones is left out."""
    for case in order.cases.values():
        if case.lines and not units.may_be_about(dispute, case):
            continue
        if case.state != "approved" or case.money is None or case.capture_ref not in ("", dispute.capture_ref):
            continue
        part = min(left, case.unsubmitted) if case.money.amount.currency == left.currency else left * 0
        if part.minor > 0:
            yield OwedRefund(refund_id=case.id, amount=part, carried=case.carried_of(part))
            left = left - part


def _lines(order: Order, units: OrderUnits, dispute: Dispute, money: Money) -> Iterator[RefundLine]:
    """Yields the units that the rest of the money covers with their tax; of the last one maybe only a part of its
    price. Parts of the price of units that an issuer took, and that nobody gave the buyer, come first."""
    if order.payments.allocation is None or order.currency != money.currency:
        return
    purse = _Purse(OrderCharges(order), money, spent=money * 0)
    for line_id in order.lines:
        for part in _of_taken_units(order, line_id, purse) if dispute.concerns(line_id) else ():
            yield part
            purse.spent = purse.spent + part.buyer_amount
        found = units.of_dispute(dispute, line_id) if dispute.lines else _open_units(order, line_id)
        for place, qty in found:
            if line := _as_much_as(order, line_id, place, qty, purse):
                yield line
                purse.spent = purse.spent + line.buyer_amount


def _of_taken_units(order: Order, line_id: str, purse: _Purse) -> Iterator[RefundLine]:
    book = order.lines[line_id]
    for place, there in book.places.items():
        balance = there.balance
        missing = Money(max(0, min(balance.uncovered, balance.issuer_covered)), purse.money.currency)
        if part := min(missing, purse.for_goods):
            listed = Money(balance.list_for(book.prices, 0, part.minor), CNY)
            yield RefundLine(line_id=line_id, qty=0, buyer_amount=part, list_amount=listed, parcel_id=place)


def _open_units(order: Order, line_id: str) -> Iterator[tuple[Place, int]]:
    """Yields the places of units that were not refunded, with quantities; no more than were paid for."""
    book = order.lines[line_id]
    left = book.live - book.refunded
    for units in placed_units(order, line_id):
        if (qty := min(left, units.qty)) > 0:
            yield units.parcel_id, qty
            left -= qty


@dataclass(slots=True)
class _Purse:
    """The money of a dispute while units are found for it. `spent` is the goods' money of the units found so far."""

    charges: OrderCharges
    money: Money
    spent: Money

    def covers(self, goods: Money) -> bool:
        """True if the money covers these goods and the tax on all goods found."""
        goods = self.spent + goods
        return goods + self.charges.tax_with(goods) <= self.money

    @property
    def left(self) -> Money:
        """The money that is neither for the goods found so far nor for their tax."""
        return self.money - self.spent - self.charges.tax_with(self.spent)

    @property
    def for_goods(self) -> Money:
        """The goods' part of what is left."""
        return self.charges.goods_within(self.money, after=self.spent)


def _as_much_as(order: Order, line_id: str, place: Place, qty: int, purse: _Purse) -> RefundLine | None:
    """Returns as many whole units as the money covers with tax, or one without tax; else a part of the price of one."""
    book = order.lines[line_id]
    there = book.open_units(order.parcels.journeys(line_id)).get(place, qty)
    for fewer in range(qty, 0, -1):
        line = refund_line(book, fewer, place, of=there)
        if line.buyer_amount and purse.covers(line.buyer_amount):
            return line
    one = refund_line(book, 1, place, of=there)
    if one.buyer_amount and one.buyer_amount <= purse.left:
        return one
    part = min(one.buyer_amount, purse.for_goods)
    return cut_to(one, book, part, taken_back=False) if part else None


def _charges(order: Order, lines: list[RefundLine], goods: Money, money: Money) -> tuple[AllocatedCharge, ...]:
    """Returns the tax of these goods, as in a refund, and shipping with the last units, as far as the money covers
    them."""
    if order.payments.allocation is None or order.currency != money.currency:
        return ()
    charges = OrderCharges(order)
    tax = min(charges.tax_with(goods, qty=sum(line.qty for line in lines)), money - goods)
    shipping = charges.left("shipping")
    if not (charges.is_last(lines) and goods + tax + shipping <= money):
        return charges.part("tax", tax)
    return (*charges.part("shipping", shipping), *charges.part("tax", tax))
