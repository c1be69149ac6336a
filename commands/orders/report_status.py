"""Another system reports the status of an order, without the facts behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from commands.contradictions import contradiction
from commands.fields import RawText
from commands.order_command import OrderReport
from commands.rules import Rules
from ledger.events.event import Event
from ledger.streams.orders.order import Order
from ledger.streams.orders.status import OrderStatus

ReportedStatus = Literal["cancelled", "delivered", "unpaid"]
# The statuses of this ledger that agree with the reported one.
_AGREES: dict[ReportedStatus, frozenset[OrderStatus]] = {
    "cancelled": frozenset({"cancelled", "expired"}),
    "delivered": frozenset({"delivered", "completed"}),
    "unpaid": frozenset({"placed", "cancelled", "expired"}),
}


class ReportStatus(OrderReport, name="report_status"):
    """Compares a status from another system with the order's, and opens a break if they contradict.

    A status moves nothing. `reported` is the other system's own word, such as `unavailable` for a cancelled order.
    """

    status: ReportedStatus
    reported: RawText = ""


def decide(report: ReportStatus, order: Order, rules: Rules) -> Iterator[Event]:
    if order.status not in _AGREES[report.status]:
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=f"order {order.status}",
            actual=f"{report.reported or report.status} at {report.happened_at.isoformat()}",
            fact=report.name,
            status=report.status,
        )
