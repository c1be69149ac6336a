"""Giving money back that pays for no order: which capture it is in, and how much of it is free."""

from __future__ import annotations

from typing import Any

from commands.fields import PositiveMoney, Reason
from commands.order_command import OrderCommand, expect_new_case
from commands.requested_amounts import expect_within
from ledger.ids import Id
from ledger.money import Money
from ledger.references import Reference
from ledger.refusals.payments import CaptureNotFound
from ledger.streams.amounts.refundable import at_stake
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


class FundsBack(OrderCommand):
    """`amount` left out gives back all that is free of the capture. It is submitted as any refund is."""

    refund_id: Id
    capture_ref: Reference
    amount: PositiveMoney | None = None
    reason: Reason


def free_capture(command: FundsBack, order: Order) -> Capture:
    """The capture. Raises the refusal that says why nothing of it can be given back."""
    expect_new_case(order, command.refund_id)
    capture = order.payments.captures.get(command.capture_ref)
    if capture is None:
        raise CaptureNotFound(order_id=command.order_id, capture_ref=command.capture_ref)
    return capture


def given_back(command: FundsBack, order: Order, capture: Capture) -> dict[str, Any]:
    """The fields of the approval. Raises `RefundExceedsRemaining`: what is disputed may be paid back by the issuer."""
    left = max(capture.free - at_stake(order, capture), Money(0, capture.amount.currency))
    amount = expect_within(command.amount, left, what=f"capture {command.capture_ref}")
    return {
        "merchant_id": command.merchant_id,
        "order_id": command.order_id,
        "refund_id": command.refund_id,
        "payment_id": capture.payment_id,
        "psp": capture.psp,
        "capture_ref": capture.capture_ref,
        "amount": amount,
        "book_rate": capture.book_rate,
        "base": capture.base_of(amount),
        "reason": command.reason,
        "reviewer": command.actor,
        "approved_at": command.decided_at,
    }
