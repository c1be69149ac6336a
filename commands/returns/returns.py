"""Shared parts of reports on returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.contradictions import contradiction
from commands.order_command import OrderReport
from ledger.events.event import Event
from ledger.ids import Id, return_id_of
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order


class ReturnReport(OrderReport):
    """A fact about the returned goods of the case `refund_id`, at `occurred_at`."""

    refund_id: Id

    def reported(self) -> dict[str, Any]:
        """Returns the fields that all events of a return share."""
        return {
            "merchant_id": self.merchant_id,
            "order_id": self.order_id,
            "refund_id": self.refund_id,
            "return_id": return_id_of(self.refund_id),
            "happened_at": self.happened_at,
        }


def contradictions(report: ReturnReport, order: Order, fact: str) -> Iterator[Event]:
    """Opens a break for goods without a case, of a case without a return, or after the return window."""
    case = order.cases.get(report.refund_id)
    if case is None or not case.return_required or case.return_state == "expired":
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=f"no goods back: {_expected_state(case)}",
            actual=f"{fact} at {report.happened_at.isoformat()}",
            refund_id=report.refund_id,
            fact=fact,
        )


def _expected_state(case: Case | None) -> str:
    if case is None:
        return "no such case"
    return f"return {case.return_state}" if case.return_state else f"case {case.state}"
