"""Refunds of a failed capture (P26): an unpaid refund is not owed, and a paid one is the platform's loss.

The result is the same in any order of the reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundLiabilityExtinguished, RefundLiabilityReinstated, RefundReversed
from ledger.money import Money
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture

_NAMES = ("merchant_id", "order_id", "refund_id", "attempt_id", "payment_id", "capture_ref", "psp")


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
    attempt = next((each for each in case.known if each.attempt_id == event.attempt_id), None) if case else None
    if case is None or attempt is None or attempt.counts:
        return
    amount = min(event.amount, case.unsubmitted, capture.loss)
    if amount.minor > 0:
        base, carried = capture.loss_base(amount), case.carried_of(amount)
        about = {name: getattr(event, name) for name in _NAMES} | {"amount": amount}
        yield RefundLiabilityExtinguished(**about, carried=carried, base=base, fx=base - carried)


def liability_reinstated(order: Order, about: Mapping[str, Any], carried: Money) -> RefundLiabilityReinstated:
    """Returns the event for an extinguished liability that was paid after all. `about` has its ids and amount."""
    base = -order.payments.captures[about["capture_ref"]].loss_base(-about["amount"])
    return RefundLiabilityReinstated(**about, carried=carried, base=base, fx=base - carried)
