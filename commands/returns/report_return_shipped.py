"""The buyer sends goods back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import TrackingNo
from commands.returns.returns import ReturnReport, contradictions
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import ReturnShipped
from ledger.ids import Id
from ledger.streams.orders.order import Order


class ReportReturnShipped(ReturnReport, name="report_return_shipped"):
    """Records that the goods are on their way back since `occurred_at`; the return no longer expires.

    Goods that nobody waits for open a break.
    """

    carrier: Id
    tracking_no: TrackingNo


def decide(report: ReportReturnShipped, order: Order, rules: Rules) -> Iterator[Event]:
    event = ReturnShipped(**report.reported(), carrier=report.carrier, tracking_no=report.tracking_no)
    case = order.cases.get(report.refund_id)
    if case and case.return_state in ("shipped", "received", "inspected"):
        return  # a repeated or late report
    yield event
    yield from contradictions(report, order, "return_shipped")
