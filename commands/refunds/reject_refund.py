"""A reviewer rejects a refund; a rejection in any round ends the case."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.order_command import OrderCommand
from commands.refunds.refund_rounds import expect_round, open_case
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundRejected, RefundRoundRejected
from ledger.ids import Id
from ledger.numbers import Count
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order


class RejectRefund(OrderCommand, name="reject_refund"):
    """Rejects a refund case in any round and ends it. Units can be dispatched again; a new request is a new case.

    Refused if the case is closed, it is another round, the person approved an earlier one, or the role is wrong.
    """

    refund_id: Id
    round: Count
    reason: Reason
    note: Sealed[str] | None = None


def decide(command: RejectRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = open_case(order, command.refund_id)
    expect_round(case, command.round, command.actor, rules)
    names = {"merchant_id": order.merchant_id, "order_id": order.order_id, "refund_id": case.id}
    yield RefundRoundRejected(**names, round=command.round, approver=command.actor, note=command.note)
    yield RefundRejected(**names, reviewer=command.actor, reason=command.reason, note=command.note)
    if order.completes({}, closing=case.id):  # everything else was released or refunded while the case was open
        yield OrderCompleted(order_id=order.order_id, completed_at=command.happened_at)
