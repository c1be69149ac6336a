"""Approves the refund of a capture beside the one that pays for the order (P12)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.payments.free_funds import FundsBack, free_capture, given_back
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import DuplicateCaptureRefundApproved
from ledger.refusals.payments import CaptureNotDuplicate
from ledger.streams.orders.order import Order


class ApproveDuplicateCaptureRefund(FundsBack, name="approve_duplicate_capture_refund"):
    """Approves the refund of a duplicate capture: another one already pays for the order (P12).

    Refused if the capture pays for the order, if no other one does, or if its money is not free.
    """

    reason: Reason = "duplicate"


def decide(command: ApproveDuplicateCaptureRefund, order: Order, rules: Rules) -> Iterator[Event]:
    capture = free_capture(command, order)
    if order.payments.allocation is None or capture.allocated:
        what = "it pays for the order" if capture.allocated else "no other pays for the order"
        raise CaptureNotDuplicate(capture_ref=command.capture_ref, what=what)
    yield DuplicateCaptureRefundApproved(**given_back(command, order, capture))
