"""Refunds of a failed capture (P26): an unpaid refund is not owed, and a paid one is the platform's loss.

The result is the same in any order of the reports.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundLiabilityExtinguished, RefundLiabilityReinstated, RefundReversed
from ledger.money import Money
from ledger.streams.orders.cases import Case, RefundAttempt
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


def with_extinguished_liability(order: Order, reported: list[Event]) -> Iterator[Event]:
    """Yields the events, and the liability that ends because the refund's capture has failed."""
    yield from reported
    for event in reported:
        if isinstance(event, RefundFailed | RefundReversed):
            capture = order.payments.captures.get(event.capture_ref)
            if capture and capture.loss:
                yield from _liability_extinguished(order.after(*reported), capture, event)


def _liability_extinguished(
    later: Order, capture: Capture, event: RefundFailed | RefundReversed
) -> Iterator[RefundLiabilityExtinguished]:
    case = later.cases.get(event.refund_id)
    attempt = case.attempts.get(event.attempt_id) if case else None
    if case is None or case.money is None or attempt is None or attempt.counts:
        return
    amount = min(event.amount, case.unsubmitted, capture.loss)
    if amount.minor > 0:
        base, carried = capture.loss_base(amount), case.carried_of(amount)
        yield RefundLiabilityExtinguished(**_about(event, amount), carried=carried, base=base, fx=base - carried)


def liability_reinstated(order: Order, case: Case, attempt: RefundAttempt) -> RefundLiabilityReinstated | None:
    """Returns the event for an extinguished liability that this attempt has paid after all, or None.

    Only the part beyond the unsubmitted rest of the case is reinstated.
    """
    capture = order.payments.captures.get(attempt.capture_ref)
    no_more = case.liability_extinguished.get(attempt.capture_ref)
    if capture is None or no_more is None or attempt.counts:
        return None
    amount = attempt.amount - case.unsubmitted
    if not 0 < amount.minor <= no_more.minor:
        return None
    base, carried = -capture.loss_base(-amount), -case.carried_of(-amount)
    return RefundLiabilityReinstated(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        attempt_id=attempt.attempt_id,
        payment_id=attempt.payment_id,
        capture_ref=attempt.capture_ref,
        psp=attempt.psp,
        amount=amount,
        carried=carried,
        base=base,
        fx=base - carried,
    )


def _about(event: RefundFailed | RefundReversed, amount: Money) -> dict[str, object]:
    names = ("merchant_id", "order_id", "refund_id", "attempt_id", "payment_id", "capture_ref", "psp")
    return {name: getattr(event, name) for name in names} | {"amount": amount}
