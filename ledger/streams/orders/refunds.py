"""Effects of provider refunds on an order's money: submitted, succeeded, failed, reversed."""

from __future__ import annotations

from typing import Protocol

from ledger.events.refunds import (
    RefundFailed,
    RefundLiabilityExtinguished,
    RefundLiabilityReinstated,
    RefundReversed,
    RefundSubmitted,
    RefundSucceeded,
)
from ledger.money import Money
from ledger.streams.orders.cases import Case, RefundAttempt
from ledger.streams.orders.payments import Payments
from ledger.streams.orders.unmatched_refunds import UnmatchedRefunds


class RefundedOrder(Protocol):
    """The parts of an order that outcomes of its refunds change."""

    cases: dict[str, Case]
    payments: Payments
    unmatched_refunds: UnmatchedRefunds


def submitted(order: RefundedOrder, event: RefundSubmitted) -> None:
    case = order.cases[event.refund_id]
    case.remember(event)
    _pay_back(order, case, event.capture_ref, event.amount)


def succeeded(order: RefundedOrder, event: RefundSucceeded) -> None:
    case, attempt = _about(order, event)
    if case is None or attempt is None or not case.awaits(event.attempt_id, event.amount):
        order.unmatched_refunds.remember(event)
        if attempt and not attempt.counts:
            attempt.succeeded_at = event.happened_at
        return
    if not attempt.counts:
        _pay_back(order, case, attempt.capture_ref, event.amount)
    case.remember(event)


def came_back(order: RefundedOrder, event: RefundFailed | RefundReversed) -> None:
    case, attempt = _about(order, event)
    is_unmatched = order.unmatched_refunds.holds(event.psp_refund_ref or event.attempt_id)
    if case is None or attempt is None or is_unmatched:
        order.unmatched_refunds.remember(event)
        return
    if attempt.counts and not (isinstance(event, RefundFailed) and event.without_effect):
        _pay_back(order, case, attempt.capture_ref, -event.amount)
    case.remember(event)


def extinguished_liability(
    order: RefundedOrder, event: RefundLiabilityExtinguished | RefundLiabilityReinstated
) -> None:
    sign = 1 if isinstance(event, RefundLiabilityExtinguished) else -1
    order.cases[event.refund_id].owe_no_more(event.capture_ref, event.amount * sign, event.carried * sign)
    order.payments.captures[event.capture_ref].take_back(event.amount * sign, event.base * sign)


def _about(
    order: RefundedOrder, event: RefundSucceeded | RefundFailed | RefundReversed
) -> tuple[Case | None, RefundAttempt | None]:
    case = order.cases.get(event.refund_id)
    return case, case.attempts.get(event.attempt_id) if case else None


def _pay_back(order: RefundedOrder, case: Case, capture_ref: str, amount: Money) -> None:
    """Adds to the refunds paid through this capture, unless the case refunds money that never was the order's."""
    if not case.capture_ref:
        order.payments.captures[capture_ref].paid_back += amount
