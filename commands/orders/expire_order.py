"""Closing an order that nobody paid."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.order_command import OrderCommand, placed_order
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import OrderExpired
from ledger.policies.payment_terms import PaymentTerms
from ledger.refusals.payments import OrderNotExpired, OrderPaid, PaymentUnderWay
from ledger.streams.orders.order import Order


class ExpireOrder(OrderCommand, name="expire_order"):
    """The time to pay, which the policy `payment_terms` sets, is over, and no money is held or on its way.

    Money that comes later is recorded as nobody's, with a break.
    """

    reason: Reason = "not_paid"


def decide(command: ExpireOrder, order: Order, rules: Rules) -> Iterator[Event]:
    placed = placed_order(order).placed
    assert placed is not None, "only a placed order expires"
    if order.payments.allocation is not None:
        raise OrderPaid(order_id=command.order_id)
    pay_by = rules.policy(PaymentTerms).pay_by(placed.placed_at)
    if pay_by is None or command.decided_at < pay_by:
        raise OrderNotExpired(order_id=command.order_id, pay_by=pay_by)
    if payment_id := order.payments.under_way(order.currency, command.decided_at):
        raise PaymentUnderWay(order_id=command.order_id, payment_id=payment_id)
    yield OrderExpired(order_id=command.order_id, reason=command.reason)
