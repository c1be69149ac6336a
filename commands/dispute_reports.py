"""What reports about disputes have in common: their names, the dispute as it is remembered, and the rate of the day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.order_commands import OrderReport, contradiction
from ledger.events.event import Event
from ledger.ids import Id
from ledger.streams.order import Order
from ledger.streams.order_disputes import UNKNOWN, Dispute


class DisputeReport(OrderReport):
    """`dispute_id` is the provider's. `capture_ref` says what is disputed; it may be left out once that is known."""

    dispute_id: Id
    psp: Id
    capture_ref: Id | None = None


def known_dispute(report: DisputeReport, order: Order) -> Dispute | None:
    return order.disputes.get(report.dispute_id)


def names(report: DisputeReport, order: Order) -> dict[str, Any]:
    """The names that every event of the dispute carries."""
    dispute = known_dispute(report, order)
    capture_ref = report.capture_ref or (dispute.capture_ref if dispute else UNKNOWN)
    capture = order.payments.captures.get(capture_ref)
    return {
        "merchant_id": report.merchant_id,
        "order_id": report.order_id,
        "dispute_id": report.dispute_id,
        "payment_id": capture.payment_id if capture else UNKNOWN,
        "capture_ref": capture_ref,
        "psp": report.psp,
    }


def market_of(order: Order) -> str:
    return order.placed.market if order.placed else ""


def contradicts(report: DisputeReport, order: Order, *, kind: str, expected: str, actual: str) -> Iterator[Event]:
    """The break between what is remembered of the dispute and what is said now."""
    refs = {"dispute_id": report.dispute_id, "fact": report.name, "said": actual.replace(" ", "")}
    yield from contradiction(report, order, kind=kind, expected=expected, actual=actual, **refs)
