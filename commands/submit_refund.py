"""Telling the providers to pay an approved refund back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderCommand
from commands.payable_cases import payable_case
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refund import RefundSubmitted
from ledger.ids import Id, derived_id
from ledger.money import Money
from ledger.refusals import AlreadySubmitted, RefundExceedsRemaining
from ledger.streams.order import Order


class SubmitRefund(OrderCommand, name="submit_refund"):
    """What no provider has paid or been asked to pay, split over the order's captures in the order they came."""

    refund_id: Id


def decide(command: SubmitRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = payable_case(order, command.refund_id)
    missing = case.unsubmitted
    if not missing:
        raise AlreadySubmitted(refund_id=case.id)
    n = len(case.submissions)
    for capture in order.payments.captures.values():
        part = min(missing, capture.refundable) if capture.amount.currency == missing.currency else Money(0, "CNY")
        if part.minor > 0:
            n += 1
            yield RefundSubmitted(
                merchant_id=order.merchant_id,
                order_id=order.order_id,
                refund_id=case.id,
                submission_id=derived_id(case.id, str(n)),
                payment_id=capture.payment_id,
                capture_ref=capture.capture_ref,
                psp=capture.psp,
                amount=part,
            )
            missing = missing - part
    if missing:
        refundable = case.unsubmitted - missing
        raise RefundExceedsRemaining(what=f"refund {case.id}", asked=str(case.unsubmitted), remaining=str(refundable))
