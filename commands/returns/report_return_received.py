"""Goods are back: the refund that waited for them can be paid."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import RawText
from commands.returns.returns import ReturnReport, contradictions
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import ReturnReceived
from ledger.streams.orders.order import Order


class ReportReturnReceived(ReturnReport, name="report_return_received"):
    """The goods came back at `occurred_at`, in this condition."""

    condition: RawText = ""


def decide(report: ReportReturnReceived, order: Order, rules: Rules) -> Iterator[Event]:
    case = order.cases.get(report.refund_id)
    if case and case.returned:
        return
    yield ReturnReceived(**report.reported(), condition=report.condition)
    yield from contradictions(report, order, "return_received")
    if case and case.awaits_goods and order.completes({}, closing=case.id):
        yield OrderCompleted(order_id=order.order_id, completed_at=report.happened_at)
