"""Shared parts of reports on disputes: ids, the known dispute, and its breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.contradictions import contradiction
from commands.order_command import OrderReport
from ledger.events.event import Event
from ledger.ids import UNKNOWN, Id
from ledger.references import Reference
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order


class DisputeReport(OrderReport):
    """A report on a dispute. `dispute_id` is the provider's id.

    `capture_ref` is the disputed capture. It may be left out if it is known already, or if `payment_id` has one
    capture.
    """

    dispute_id: Reference
    psp: Id
    capture_ref: Reference | None = None
    payment_id: Reference | None = None


def known_dispute(report: DisputeReport, order: Order) -> Dispute | None:
    return order.disputes.get(report.dispute_id)


def was_reversed_later(report: DisputeReport, dispute: Dispute) -> bool:
    """True if the dispute was decided the other way after this decision, which is reported late."""
    return not dispute.is_open and dispute.closed_at is not None and report.happened_at < dispute.closed_at


def names(report: DisputeReport, order: Order) -> dict[str, Any]:
    """Returns the ids that every event of the dispute carries.

    The capture named first counts. A later report with another capture does not move the dispute's money.
    """
    dispute = known_dispute(report, order)
    capture_ref = dispute.capture_ref if dispute else UNKNOWN
    if capture_ref == UNKNOWN:
        capture_ref = report.capture_ref or UNKNOWN
    if capture_ref == UNKNOWN:
        capture_ref = _only_capture(order, report.payment_id)
    capture = order.payments.captures.get(capture_ref)
    return {
        "merchant_id": report.merchant_id,
        "order_id": report.order_id,
        "dispute_id": report.dispute_id,
        "payment_id": capture.payment_id if capture else UNKNOWN,
        "capture_ref": capture_ref,
        "psp": report.psp,
    }


def _only_capture(order: Order, payment_id: str | None) -> str:
    refs = [capture.capture_ref for capture in order.payments.captures.values() if capture.payment_id == payment_id]
    return refs[0] if len(refs) == 1 else UNKNOWN


def market_of(order: Order) -> str:
    return order.placed.market if order.placed else ""


def contradicts(report: DisputeReport, order: Order, *, kind: str, expected: str, actual: str) -> Iterator[Event]:
    """Opens a break between the known dispute and the report."""
    refs = {"dispute_id": report.dispute_id, "fact": report.name, "said": actual.replace(" ", "")}
    yield from contradiction(report, order, kind=kind, expected=expected, actual=actual, **refs)
