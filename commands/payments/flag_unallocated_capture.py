"""Flags a capture that has waited too long for its order or for the rest of its payment (scenario 3)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import break_once
from commands.order_command import OrderCommand
from commands.rules import Rules
from commands.shortfalls import short
from ledger.events.event import Event
from ledger.policies.payment_terms import PaymentTerms
from ledger.references import Reference
from ledger.refusals.payments import CaptureNotFound, CaptureNotOverdue
from ledger.streams.amounts.expectations import payment_expected
from ledger.streams.orders.order import Order


class FlagUnallocatedCapture(OrderCommand, name="flag_unallocated_capture"):
    """Opens a break for a capture that has waited too long for its order. Submitted by a timer (scenario 3).

    Refused if the capture is unknown or not overdue. Records nothing if the order is paid or the money was refunded.
    """

    capture_ref: Reference


def decide(command: FlagUnallocatedCapture, order: Order, rules: Rules) -> Iterator[Event]:
    capture = order.payments.captures.get(command.capture_ref)
    if capture is None:
        raise CaptureNotFound(order_id=command.order_id, capture_ref=command.capture_ref)
    if not capture.free or order.payments.allocation or order.cancelled or order.expired:
        return
    terms = rules.policy(PaymentTerms)
    if command.decided_at < (due_at := terms.order_by(capture.captured_at)):
        raise CaptureNotOverdue(capture_ref=command.capture_ref, due_at=due_at)
    if payment := payment_expected(order):
        yield from short(command, order, payment) if payment.is_short else ()
        return
    yield from break_once(
        order.breaks,
        kind="capture_without_order",
        expected="an order",
        actual=str(capture.free),
        refs={"order_id": command.order_id, "capture_ref": command.capture_ref},
        at=command.decided_at,
    )
