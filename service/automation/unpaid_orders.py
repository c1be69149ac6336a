"""Expires orders that were not paid in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.command import Command
from commands.orders.expire_order import ExpireOrder
from ledger.deadlines import earlier
from ledger.ids import command_id, merchant_of, order_of
from ledger.policies.payment_terms import PaymentTerms
from ledger.refusals.catalogue import PolicyNotEffective
from projections.worklists.due_dates import DueDate
from service.loops.timer import TIMER, DueDateTimer


class UnpaidOrders(DueDateTimer):
    """The policy `payment_terms` sets the time that an order waits for its payment."""

    name = "unpaid_orders"
    kind = "unpaid_order"
    every = timedelta(minutes=1)

    def due_by(self, now: datetime) -> datetime | None:
        try:
            terms, _ = self.app.bus.reference().policy(PaymentTerms, now)
        except PolicyNotEffective:
            return None
        return earlier(now, terms.unpaid_order_expires_after) if terms.unpaid_order_expires_after else None

    def command(self, due: DueDate, by: datetime) -> Command:  # noqa: ARG002
        order = order_of(due.stream) or ""
        return ExpireOrder(
            id=command_id("expire", due.stream, str(due.changed_at)),
            actor=TIMER,
            merchant_id=merchant_of(due.stream) or "",
            order_id=order,
        )
