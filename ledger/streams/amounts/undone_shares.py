"""Shares of a refund or a lost dispute that is undone: the amounts that go back to the merchant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ledger.events.disputes import DisputeLost
from ledger.events.refunds import ApprovedLine, RefundApproved
from ledger.fx import CNY, NO_CNY
from ledger.money import Money, total
from ledger.streams.amounts.fees import OrderFees
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import Effect, LineBook, taken_from_released
from ledger.streams.state_copy import state_copy

Done = Iterable[tuple[ApprovedLine, list[Effect]]]  # refunded lines with their effects, as the stream holds them
_SUMS = ("from_pending", "from_available", "fee_back", "vat_back")


def undone_refund(order: Order, approval: RefundApproved, done: Done, fees: OrderFees) -> RefundApproved:
    """Returns the approval as it is undone."""
    lines = tuple(_undone(order, approval.lines, done, fees))
    sums = {name: total([getattr(line, name) for line in lines], CNY) for name in _SUMS}
    margin = _less_listed(approval.money.margin_reversed, approval.lines, lines)
    money = approval.money.model_copy(update=sums | {"margin_reversed": margin})
    return approval.model_copy(update={"lines": lines, "money": money})


def undone_loss(order: Order, lost: DisputeLost, done: Done, fees: OrderFees) -> DisputeLost:
    """Returns the loss of a dispute as it is undone."""
    lines = tuple(_undone(order, lost.lines, done, fees))
    margin = _less_listed(lost.margin_reversed, lost.lines, lines)
    return lost.model_copy(update={"lines": lines, "margin_reversed": margin})


def not_the_buyers(lost: DisputeLost) -> DisputeLost:
    """Returns the loss as it is undone after its capture failed: no money of the buyer is there to put back into 2220.

    The platform bore this part when the capture failed (P26), and gets it back.
    """
    nothing, expense = Money(0, lost.unallocated.currency), lost.expense + lost.unallocated_base
    return lost.model_copy(update={"unallocated": nothing, "unallocated_base": NO_CNY, "expense": expense})


def _undone(order: Order, lines: Sequence[ApprovedLine], done: Done, fees: OrderFees) -> Iterator[ApprovedLine]:
    """Yields the lines with the list price that is undone, and with the fee that is charged again.

    Other refunds and releases since then may have moved a fen of rounding from one line or refund to another.
    """
    books: dict[str, LineBook] = {}
    for line, (_, effects) in zip(lines, done, strict=True):
        book = books.setdefault(line.line_id, state_copy(order.lines[line.line_id]))
        undone = list(book.to_undo(effects))
        for place, effect in undone:
            book.places[place].add(effect, -1)
        listed = _sum(undone, "merchant_listed") - _sum(effects, "merchant_listed")
        more = _sum(effects, "released") - _sum(undone, "released")
        released = taken_from_released(line) + Money(more, CNY)
        fee, vat = fees.charge_again(order.lines[line.line_id], released)
        yield line.model_copy(
            update={
                "list_amount": line.list_amount + Money(listed, CNY),
                "from_pending": line.from_pending + Money(listed - more, CNY),
                "from_available": released - fee - vat,
                "fee_back": fee,
                "vat_back": vat,
            }
        )


def _less_listed(margin: Money, before: Iterable[ApprovedLine], lines: Iterable[ApprovedLine]) -> Money:
    """Returns the reversed margin for other list prices. The buyer's money and its base are the same."""
    then, now = (total([line.list_amount for line in each], CNY) for each in (before, lines))
    return margin + then - now


def _sum(effects: Iterable[Effect], name: str) -> int:
    return sum(getattr(effect.balance, name) for _, effect in effects)
