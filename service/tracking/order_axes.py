"""The three axes of an order's state: payment, fulfilment, after-sales (domain §0, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.streams.orders.order import Order

Payment = Literal[
    "unpaid",
    "authorised",
    "failed",
    "partly_captured",
    "paid",
    "partly_refunded",
    "refunded",
    "disputed",
    "charged_back",
]
Fulfilment = Literal[
    "unfulfilled", "packed", "partly_dispatched", "dispatched", "partly_delivered", "delivered", "returned_to_sender",
    "problem", "cancelled",
]  # fmt: skip
AfterSales = Literal["none", "open", "approved", "refunding", "refunded", "rejected", "withdrawn"]
_WORST_FIRST: tuple[AfterSales, ...] = ("open", "approved", "refunding", "refunded", "rejected", "withdrawn")


@dataclass(frozen=True, slots=True)
class Axes:
    """The position of an order on each axis."""

    payment: Payment
    fulfilment: Fulfilment
    after_sales: AfterSales


def axes_of(order: Order) -> Axes:
    """Returns the axes, derived from the state of the order. None of it is stored."""
    return Axes(_payment(order), _fulfilment(order), _after_sales(order))


def _payment(order: Order) -> Payment:
    payments = order.payments
    if any(dispute.is_open for dispute in order.disputes):
        return "disputed"
    if any(dispute.lost for dispute in order.disputes):
        return "charged_back"
    if payments.allocation is not None:
        back = sum(case.paid.minor for case in order.cases.values() if not case.capture_ref)  # of the order's own money
        if not back:
            return "paid"
        return "refunded" if back >= payments.allocation.amount.minor else "partly_refunded"
    if any(not capture.failed for capture in payments.captures.values()):
        return "partly_captured"
    states = {authorization.state for authorization in payments.authorizations.values()}
    if "authorized" in states:
        return "authorised"
    return "failed" if states or payments.captures else "unpaid"


def _fulfilment(order: Order) -> Fulfilment:
    if order.cancelled or order.expired:
        return "cancelled"
    journeys = [journey for line_id in order.lines for journey in order.parcels.journeys(line_id)]
    signed = [journey for journey in journeys if journey.signed_at]
    ended = {journey.ended for journey in journeys if journey.ended and not journey.signed_at}
    if ended:
        return "returned_to_sender" if ended == {"returned_to_sender"} else "problem"
    waiting = any(order.unshipped(line_id) for line_id in order.lines)
    if signed:
        return "delivered" if len(signed) == len(journeys) and not waiting else "partly_delivered"
    if any(journey.dispatched_at or journey.received_at_warehouse for journey in journeys):
        return "partly_dispatched" if waiting else "dispatched"
    return "packed" if journeys else "unfulfilled"


def _after_sales(order: Order) -> AfterSales:
    states = {_case_state(order, case.id) for case in order.cases.values() if not case.capture_ref}
    return next((state for state in _WORST_FIRST if state in states), "none")


def _case_state(order: Order, refund_id: str) -> AfterSales:
    case = order.cases[refund_id]
    if case.state != "approved":
        return case.state if case.state in ("open", "rejected", "withdrawn") else "approved"
    if case.money is not None and case.paid >= case.money.amount:
        return "refunded"
    return "refunding" if case.attempts or case.paid.minor else "approved"
