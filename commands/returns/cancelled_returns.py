"""Cancels a refund whose goods never came back: all of it, or the part that the buyer has not received."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.rules import Rules
from commands.settlement.releases import kept_fees
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import Bearer, RefundApproved, RefundLine, ReturnExpired
from ledger.money import Money
from ledger.streams.amounts.charges import cut_charges
from ledger.streams.amounts.refund_shares import cut_to, liability_of, refund_money, taken_back
from ledger.streams.amounts.undone_shares import undone_refund
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order


def called_off(order: Order, case: Case, rules: Rules, *, at: datetime) -> Iterator[Event]:
    """Yields the end of the return, and the order's completion if nothing is pending.

    Money that the buyer got by a dispute or a failed capture stays: it counts as a part refund of the price, with the
    same bearer.
    """
    approval, has = case.approval, case.by_alternative
    assert approval is not None, "it was approved"
    assert case.return_by is not None, "it waited for the goods until then"
    fees, in_full = kept_fees(order, rules), has == approval.money.amount
    expired = ReturnExpired(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        return_id=case.return_id,
        happened_at=at,
        return_by=case.return_by,
        undone=None if in_full else undone_refund(order, approval, case.effects, fees),
    )
    if has and expired.undone:
        kept = _cut(approval, order.after(expired), case, rules)
        expired = expired.model_copy(update={"kept": kept})
    yield expired
    if order.after(expired).completes({}):
        yield OrderCompleted(order_id=order.order_id, completed_at=at)


def _cut(approval: RefundApproved, later: Order, case: Case, rules: Rules) -> RefundApproved:
    """Returns the approval limited to the money that the buyer has.

    `later` is the order without the approval. The base in 2210 is the carrying amount that left when the buyer got it.
    """
    has, carried, rate = case.by_alternative, case.carried, approval.money.book_rate
    goods, charges = cut_charges(approval.money, has)
    kept = list(_first(approval, later, goods))
    bearers = [bearer for _, bearer in kept]
    lines = taken_back(later, [line for line, _ in kept], bearers, kept_fees(later, rules))
    liability, expense = liability_of(bearers), approval.money.expense or "goodwill"
    money = refund_money(later, lines, liability, charges, rate, expense, base=carried)
    return approval.model_copy(update={"lines": lines, "money": money, "liability": liability})


def _first(approval: RefundApproved, later: Order, left: Money) -> Iterator[tuple[RefundLine, Bearer]]:
    """Yields the first lines up to this amount, with the bearer of each."""
    for line in approval.lines:
        if part := min(left, line.buyer_amount):
            names = RefundLine.model_fields
            whole = RefundLine(**{name: value for name, value in line if name in names})
            bearer: Bearer = "merchant" if line.is_merchants(approval.liability) else "platform"
            yield cut_to(whole, later.lines[line.line_id], part, taken_back=False), bearer
            left = left - part
