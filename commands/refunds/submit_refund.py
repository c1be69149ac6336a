"""Instructs providers to pay an approved refund."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand
from commands.refunds.payable_cases import payable_case
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import RefundSubmitted
from ledger.fx import NO_CNY
from ledger.ids import Id, derived_id
from ledger.money import Money
from ledger.refusals.catalogue import AlreadySubmitted, RefundExceedsRemaining
from ledger.streams.amounts.refundable import disputed_of
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


class SubmitRefund(OrderCommand, name="submit_refund"):
    """Submits the unpaid rest of an approved refund to providers, split over the captures in their order.

    Refused if the case is not payable, all of it is submitted, or the captures cannot cover it.
    """

    refund_id: Id


def decide(command: SubmitRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = payable_case(order, command.refund_id)
    missing = case.unsubmitted
    if not missing:
        raise AlreadySubmitted(refund_id=case.id)
    n = len(case.attempts)
    for capture in order.payments.captures.values():
        part = min(missing, _through(capture, case, order)) if capture.amount.currency == missing.currency else NO_CNY
        if part.minor > 0:
            n += 1
            yield RefundSubmitted(
                merchant_id=order.merchant_id,
                order_id=order.order_id,
                refund_id=case.id,
                attempt_id=derived_id(case.id, str(n)),
                payment_id=capture.payment_id,
                capture_ref=capture.capture_ref,
                psp=capture.psp,
                amount=part,
                submitted_at=command.decided_at,
            )
            missing = missing - part
    if missing:
        refundable = case.unsubmitted - missing
        raise RefundExceedsRemaining(what=f"refund {case.id}", asked=str(case.unsubmitted), remaining=str(refundable))


def _through(capture: Capture, case: Case, order: Order) -> Money:
    """Returns the part of the case that this capture can pay back, without disputed money.

    A case about one capture is paid from that capture only.
    """
    if case.capture_ref:
        own = capture.capture_ref == case.capture_ref and not capture.failed
        return case.unsubmitted if own else Money(0, capture.amount.currency)
    return capture.refundable - disputed_of(order, capture)
