"""Effects of provider refunds on an order's money: submitted, answered, and liabilities of failed captures."""

from __future__ import annotations

from typing import Protocol

from ledger.events.refunds import RefundLiabilityExtinguished, RefundLiabilityReinstated, RefundSubmitted
from ledger.money import Money
from ledger.streams.orders.cases import Case
from ledger.streams.orders.payments import Payments
from ledger.streams.payable_refund import RefundAttempts, refund_of
from ledger.streams.refund_attempt import Outcome


class RefundedOrder(Protocol):
    """The parts of an order that outcomes of its refunds change."""

    cases: dict[str, Case]
    payments: Payments
    unasked_refunds: RefundAttempts


def submitted(order: RefundedOrder, event: RefundSubmitted) -> None:
    case = order.cases[event.refund_id]
    case.submit(event)
    _pay_back(order, case, event.capture_ref, event.amount)


def answered(order: RefundedOrder, event: Outcome) -> None:
    """Applies a provider's answer. A refund that nobody submitted takes nothing from what a capture may pay back."""
    refund = refund_of(event, order.cases, order.unasked_refunds)
    attempt = refund.attempts.get(event.attempt_id)
    did_count = attempt is not None and attempt.counts
    refund.answer(event)
    if attempt and isinstance(refund, Case) and attempt.counts != did_count:
        _pay_back(order, refund, attempt.capture_ref, attempt.amount if attempt.counts else -attempt.amount)


def extinguished_liability(
    order: RefundedOrder, event: RefundLiabilityExtinguished | RefundLiabilityReinstated
) -> None:
    sign = 1 if isinstance(event, RefundLiabilityExtinguished) else -1
    order.cases[event.refund_id].owe_no_more(event.capture_ref, event.amount * sign, event.carried * sign)
    order.payments.captures[event.capture_ref].take_back(event.amount * sign, event.base * sign)


def _pay_back(order: RefundedOrder, case: Case, capture_ref: str, amount: Money) -> None:
    """Adds to the refunds paid through this capture, unless the case refunds money that never was the order's."""
    if not case.capture_ref:
        order.payments.captures[capture_ref].paid_back += amount
