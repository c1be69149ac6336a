"""Refunds of a failed capture (P26): an unpaid refund is not owed, and a paid one is the platform's loss.

The result is the same in any order of the reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ledger.events.event import Event
from ledger.events.payments import OwedRefund
from ledger.events.refunds import RefundFailed, RefundLiabilityExtinguished, RefundLiabilityReinstated, RefundReversed
from ledger.ids import UNKNOWN
from ledger.money import Money
from ledger.streams.amounts.never_paid import never_paid
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


def with_extinguished_liability(order: Order, reported: Iterable[Event]) -> Iterator[Event]:
    """Yields the events, and the end of refund liabilities that came back with them and whose capture has failed."""
    events = list(reported)
    yield from events
    failed = [capture.capture_ref for capture in order.payments.captures.values() if capture.failed]
    later = order.after(*events) if failed else order  # a copy costs more than the whole decision
    for capture_ref in failed:
        capture = later.payments.captures[capture_ref]
        for refund in never_paid(later, capture) if capture.loss else ():
            ended = _extinguished(later, later.payments.captures[capture_ref], refund, events)
            yield ended
            later = later.after(ended)


def _extinguished(
    later: Order, capture: Capture, refund: OwedRefund, reported: Iterable[Event]
) -> RefundLiabilityExtinguished:
    about = (refund.refund_id, capture.capture_ref)
    answers = [each for each in reported if isinstance(each, RefundFailed | RefundReversed)]
    attempts = [each.attempt_id for each in answers if (each.refund_id, each.capture_ref) == about]
    base = capture.loss_base(refund.amount)
    return RefundLiabilityExtinguished(
        merchant_id=later.merchant_id,
        order_id=later.order_id,
        refund_id=refund.refund_id,
        attempt_id=attempts[0] if attempts else UNKNOWN,
        payment_id=capture.payment_id,
        capture_ref=capture.capture_ref,
        psp=capture.psp,
        amount=refund.amount,
        carried=refund.carried,
        base=base,
        fx=base - refund.carried,
    )


def liability_reinstated(order: Order, about: Mapping[str, Any], carried: Money) -> RefundLiabilityReinstated:
    """Returns the event for an extinguished liability that was paid after all. `about` has its ids and amount."""
    capture = order.payments.captures[about["capture_ref"]]
    base = -capture.loss_base(-about["amount"])
    names = dict(about) | {"payment_id": capture.payment_id, "psp": capture.psp}
    return RefundLiabilityReinstated(**names, carried=carried, base=base, fx=base - carried)
