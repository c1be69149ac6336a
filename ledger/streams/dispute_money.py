"""What a lost dispute takes from whom (P14): first what was nobody's, then what was owed anyway, then units and charges
of the order, to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.events.dispute import DisputeLiability
from ledger.events.payment import AllocatedCharge, OwedRefund
from ledger.events.refund import ApprovedLine, RefundLine
from ledger.fx import CNY
from ledger.money import Money, split, total
from ledger.streams.order import Order
from ledger.streams.order_disputes import Dispute
from ledger.streams.order_fees import OrderFees
from ledger.streams.order_quantities import Place
from ledger.streams.refund_money import cut_to, merchant_borne, platform_borne, refund_line


@dataclass(frozen=True, slots=True)
class Loss:
    """The parts of `DisputeLost`, which says how they add up to what was carried."""

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
    liability: DisputeLiability,
) -> Loss:
    """Who loses what of the withdrawn `amount`, which stands at `carried` (CNY). A merchant loses no more than its
    order has of the disputed capture: the rest is the platform's. `fees` is None before it is placed."""
    capture = order.payments.captures.get(dispute.capture_ref)
    free = capture.free if capture and capture.amount.currency == amount.currency else amount * 0
    unallocated = min(amount, free)
    owed = tuple(_owed(order, dispute, amount - unallocated))
    rest = amount - unallocated - total([refund.amount for refund in owed], amount.currency)
    of_the_order = min(rest, capture.allocated) if capture and capture.amount.currency == amount.currency else rest
    asked = list(_lines(order, dispute, of_the_order))
    goods = total([line.buyer_amount for line in asked], amount.currency)
    charges = _charges(order, asked, of_the_order - goods) if liability == "merchant" else ()
    given = goods + total([charge.amount for charge in charges], amount.currency)
    borne = rest if liability == "platform" else rest - given
    expense = split(carried, [amount.minor - borne.minor, borne.minor])[1] if amount else carried
    lines = _closed(order, asked, fees, liability)
    given_back = total([line.base for line in lines], CNY)
    listed = total([line.list_amount for line in lines], CNY) if liability == "merchant" else Money(0, CNY)
    unallocated_base = capture.base_of(unallocated) if capture and unallocated else Money(0, CNY)
    elsewhere = total([unallocated_base, expense, *(refund.carried for refund in owed)], CNY)
    return Loss(
        unallocated=unallocated,
        unallocated_base=unallocated_base,
        owed=owed,
        lines=lines,
        charges=charges,
        margin_reversed=given_back - listed,
        fx=carried - elsewhere - given_back - total([charge.base for charge in charges], CNY),
        expense=expense,
    )


def _closed(
    order: Order, asked: list[RefundLine], fees: OrderFees | None, liability: DisputeLiability
) -> tuple[ApprovedLine, ...]:
    if liability == "platform":
        return platform_borne(line for line in asked if line.qty)
    return merchant_borne(order, asked, fees) if fees else ()


def _owed(order: Order, dispute: Dispute, left: Money) -> Iterator[OwedRefund]:
    """Refunds that are approved and that no provider is paying: the buyer has them by the dispute now."""
    for case in order.cases.values():
        if case.state != "approved" or case.money is None or case.capture_ref not in ("", dispute.capture_ref):
            continue
        part = min(left, case.unsubmitted) if case.money.amount.currency == left.currency else left * 0
        if part.minor > 0:
            yield OwedRefund(refund_id=case.id, amount=part, carried=case.carried_of(part))
            left = left - part


def _lines(order: Order, dispute: Dispute, left: Money) -> Iterator[RefundLine]:
    """The units that the rest of the money is for; of the last, a part of its price."""
    if order.payments.allocation is None or order.currency != left.currency:
        return
    for line_id in order.lines:
        asked = next((line.qty for line in dispute.lines if line.line_id == line_id), 0 if dispute.lines else None)
        for place, qty in _open_units(order, line_id, asked):
            if line := _as_much_as(order, line_id, place, qty, left):
                yield line
                left = left - line.buyer_amount


def _open_units(order: Order, line_id: str, asked: int | None) -> Iterator[tuple[Place, int]]:
    """Where units are that nobody was refunded for; no more than are asked for, or than were ever paid."""
    book, journeys = order.lines[line_id], order.parcels.journeys(line_id)
    left = book.live - book.refunded if asked is None else min(asked, book.live - book.refunded)
    sent = [(j.parcel_id, j.qty - book.at(j.parcel_id).refunded) for j in journeys if j.has_left]
    for place, open_ in [*sent, (None, order.unshipped(line_id))]:
        if (qty := min(left, open_)) > 0:
            yield place, qty
            left -= qty


def _as_much_as(order: Order, line_id: str, place: Place, qty: int, left: Money) -> RefundLine | None:
    """As many whole units as the money covers; where that is none, a part of the price of one that was sent. Units that
    were not sent yet go whole or not at all: they may still go into any parcel."""
    book = order.lines[line_id]
    for fewer in range(qty, 0, -1):
        line = refund_line(book, fewer, place, of=qty)
        if line.buyer_amount and line.buyer_amount <= left:
            return line
    if place is None or not left:
        return None
    return cut_to(refund_line(book, 1, place, of=qty), book, left, taken_back=False)


def _charges(order: Order, lines: list[RefundLine], left: Money) -> tuple[AllocatedCharge, ...]:
    """The buyer-paid charges go with the last units, where the money is for them too and nobody gave them back yet."""
    allocated = order.payments.allocation
    if allocated is None or any(case.money and case.money.charges for case in order.cases.values()):
        return ()
    if any(dispute.lost and dispute.lost.charges for dispute in order.disputes):
        return ()
    open_ = sum(book.live - book.refunded for book in order.lines.values())
    whole = open_ == sum(line.qty for line in lines)
    return allocated.charges if whole and total([c.amount for c in allocated.charges], left.currency) <= left else ()
