"""A buyer withdraws a refund request before it is decided."""

from __future__ import annotations

from collections.abc import Iterator

from commands.authority import role_of
from commands.fields import Reason
from commands.order_command import OrderCommand
from commands.refunds.refund_rounds import open_case
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundWithdrawn
from ledger.ids import Id
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.streams.orders.order import Order


class WithdrawRefund(OrderCommand, name="withdraw_refund"):
    """Withdraws an open refund case. Its units can be dispatched and released again; a new request is a new case.

    Refused if the case is closed, or the actor is neither a buyer nor the person that requested it.
    """

    refund_id: Id
    reason: Reason = "changed_mind"


def decide(command: WithdrawRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = open_case(order, command.refund_id)
    if command.actor.kind not in ("buyer", "importer") and command.actor.id != case.requested_by:
        raise RoleNotAllowed(role=role_of(command.actor), needed="buyer")
    yield RefundWithdrawn(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        by=command.actor,
        reason=command.reason,
    )
    if order.completes({}, closing=case.id):  # everything else was released or refunded while the case was open
        yield OrderCompleted(order_id=order.order_id, completed_at=command.happened_at)
