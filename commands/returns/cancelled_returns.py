"""Calling off a refund whose goods never came: all of it, or what of it the buyer does not have already."""

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
from ledger.streams.amounts.refund_shares import cut_to, liability_of, refund_money, taken_back, with_sums
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order


def called_off(order: Order, case: Case, rules: Rules, *, at: datetime) -> Iterator[Event]:
    """That it is off, and the order's completion where nothing is pending any more.

    What the buyer has of it by a dispute, or by a capture that failed, stays with them: it stands as a refund of a part
    of the price, borne by whom the whole was.
    """
    approval, has = case.approval, case.by_alternative
    assert approval is not None, "it was approved"
    assert case.return_by is not None, "it waited for the goods until then"
    expired = ReturnExpired(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        return_id=case.return_id,
        happened_at=at,
        return_by=case.return_by,
        undone=None if has == approval.money.amount else _undone(approval, order, rules),
    )
    if has and expired.undone:
        kept = _cut(approval, order.after(expired), case, rules)
        expired = expired.model_copy(update={"kept": kept})
    yield expired
    if order.after(expired).completes({}):
        yield OrderCompleted(order_id=order.order_id, completed_at=at)


def _undone(approval: RefundApproved, order: Order, rules: Rules) -> RefundApproved:
    """The approval with the fee that is charged again, now that the merchant keeps what it took back."""
    lines = kept_fees(order, rules).undone(order, approval.lines)
    return approval.model_copy(update={"lines": lines, "money": with_sums(approval.money, lines)})


def _cut(approval: RefundApproved, later: Order, case: Case, rules: Rules) -> RefundApproved:
    """The approval as if it had been of what the buyer has, and of nothing before: `later` has none of it. In 2210 it
    stands at what left there when they got it."""
    has, carried, rate = case.by_alternative, case.carried, approval.money.book_rate
    goods, charges = cut_charges(approval.money, has)
    kept = list(_first(approval, later, goods))
    bearers = [bearer for _, bearer in kept]
    lines = taken_back(later, [line for line, _ in kept], bearers, kept_fees(later, rules))
    liability, expense = liability_of(bearers), approval.money.expense or "goodwill"
    money = refund_money(later, lines, liability, charges, rate, expense, base=carried)
    return approval.model_copy(update={"lines": lines, "money": money, "liability": liability})


def _first(approval: RefundApproved, later: Order, left: Money) -> Iterator[tuple[RefundLine, Bearer]]:
    """So much of the lines, the first ones whole, with who bears each."""
    for line in approval.lines:
        if part := min(left, line.buyer_amount):
            names = RefundLine.model_fields
            whole = RefundLine(**{name: value for name, value in line if name in names})
            bearer: Bearer = "merchant" if line.is_merchants(approval.liability) else "platform"
            yield cut_to(whole, later.lines[line.line_id], part, taken_back=False), bearer
            left = left - part
