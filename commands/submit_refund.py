"""Telling the providers to pay an approved refund back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refund import RefundSubmitted
from ledger.ids import Id, derived_id
from ledger.money import Money
from ledger.refusals import (
    AlreadySubmitted,
    CaseClosed,
    CaseNotFound,
    RefundExceedsRemaining,
    RefundNotApproved,
    ReturnNotReceived,
)
from ledger.streams.order import Order
from ledger.streams.order_cases import Case


class SubmitRefund(OrderCommand, name="submit_refund"):
    """What no provider has paid or been asked to pay, split over the order's captures in the order they came."""

    refund_id: Id


def decide(command: SubmitRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = _payable(command, order)
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


def _payable(command: SubmitRefund, order: Order) -> Case:
    case = order.cases.get(command.refund_id)
    if case is None:
        raise CaseNotFound(order_id=order.order_id, refund_id=command.refund_id)
    if case.is_open:
        raise RefundNotApproved(refund_id=case.id, state=f"round {case.next_round} of {case.rounds_required} is next")
    if case.state != "approved":
        raise CaseClosed(refund_id=case.id, state=case.state)
    if case.return_required and not case.returned:
        raise ReturnNotReceived(refund_id=case.id)
    return case
