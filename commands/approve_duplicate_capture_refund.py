"""Giving back a payment that was captured beside the one that pays for the order (P12)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.giving_funds_back import FundsBack, free_capture, given_back
from commands.rules import Rules
from commands.shapes import Reason
from ledger.events.event import Event
from ledger.events.refund import DuplicateCaptureRefundApproved
from ledger.payment_refusals import CaptureNotDuplicate
from ledger.streams.order import Order


class ApproveDuplicateCaptureRefund(FundsBack, name="approve_duplicate_capture_refund"):
    """The order is paid without this capture, and the buyer gets it back."""

    reason: Reason = "duplicate"


def decide(command: ApproveDuplicateCaptureRefund, order: Order, rules: Rules) -> Iterator[Event]:
    capture = free_capture(command, order)
    if order.payments.allocation is None or capture.allocated:
        what = "it pays for the order" if capture.allocated else "no other pays for the order"
        raise CaptureNotDuplicate(capture_ref=command.capture_ref, what=what)
    yield DuplicateCaptureRefundApproved(**given_back(command, order, capture))
