"""Returned goods arrive; the refund that waits for them can be paid."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import RawText
from commands.refunds.liability_extinguished import with_extinguished_liability
from commands.returns.returns import ReturnReport, contradictions
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import ReturnReceived
from ledger.streams.orders.order import Order


class ReportReturnReceived(ReturnReport, name="report_return_received"):
    """Records that returned goods arrived at `occurred_at`, with their condition. The refund can be paid.

    Goods that nobody waits for open a break.
    """

    condition: RawText = ""


def decide(report: ReportReturnReceived, order: Order, rules: Rules) -> Iterator[Event]:
    case = order.cases.get(report.refund_id)
    if case and case.returned:
        return
    received = ReturnReceived(**report.reported(), condition=report.condition)
    yield from with_extinguished_liability(order, [received])
    yield from contradictions(report, order, "return_received")
    if case and case.awaits_goods and order.completes({}, closing=case.id):
        yield OrderCompleted(order_id=order.order_id, completed_at=report.happened_at)
