"""What becomes of an order's money when it is paid back through providers, as they say it did, failed or came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.refunds import (
    RefundFailed,
    RefundOwedAgain,
    RefundOwedNoMore,
    RefundReversed,
    RefundSubmitted,
    RefundSucceeded,
)
from ledger.money import Money
from ledger.streams.orders.cases import Case, Submission

if TYPE_CHECKING:
    from ledger.streams.orders.order import Order


def submitted(order: Order, event: RefundSubmitted) -> None:
    case = order.cases[event.refund_id]
    case.remember(event)
    _pay_back(order, case, event.capture_ref, event.amount)


def succeeded(order: Order, event: RefundSucceeded) -> None:
    case, submission = _about(order, event)
    if case is None or submission is None or not case.awaits(event.submission_id, event.amount):
        order.stray_refunds.remember(event)
        if submission and not submission.counts:
            submission.succeeded_at = event.happened_at
        return
    if not submission.counts:
        _pay_back(order, case, submission.capture_ref, event.amount)
    case.remember(event)


def came_back(order: Order, event: RefundFailed | RefundReversed) -> None:
    case, submission = _about(order, event)
    is_stray = order.stray_refunds.holds(event.psp_refund_ref or event.submission_id)
    if case is None or submission is None or is_stray:
        order.stray_refunds.remember(event)
        return
    if submission.counts and not (isinstance(event, RefundFailed) and event.only_noted):
        _pay_back(order, case, submission.capture_ref, -event.amount)
    case.remember(event)


def owed_to_nobody(order: Order, event: RefundOwedNoMore | RefundOwedAgain) -> None:
    sign = 1 if isinstance(event, RefundOwedNoMore) else -1
    order.cases[event.refund_id].owe_no_more(event.capture_ref, event.amount * sign, event.carried * sign)
    order.payments.captures[event.capture_ref].take_back(event.amount * sign, event.base * sign)


def _about(
    order: Order, event: RefundSucceeded | RefundFailed | RefundReversed
) -> tuple[Case | None, Submission | None]:
    case = order.cases.get(event.refund_id)
    return case, case.submissions.get(event.submission_id) if case else None


def _pay_back(order: Order, case: Case, capture_ref: str, amount: Money) -> None:
    """Money of the order goes back through this capture; what never was the order's is no part of that."""
    if not case.capture_ref:
        order.payments.captures[capture_ref].paid_back += amount
