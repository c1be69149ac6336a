"""Refunds that a failed capture was to pay: the buyer never paid that money, so nobody owes it."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.payments import OwedRefund
from ledger.money import Money, total
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


def never_paid(order: Order, capture: Capture, *, undone: bool = False) -> Iterator[OwedRefund]:
    """Yields what is owed of refunds that this capture was to pay and no attempt covers: the buyer never paid it.

    `undone` if the order loses its allocation with the capture. Refunds that were approved after the failure do not
    count on the capture. Refunds that wait for returned goods are not owed yet.
    """
    left = capture.amount * 0 if undone else _left_to_refunds(order, capture)
    for case in order.cases.values():
        if case.state != "approved" or case.awaits_goods or case.capture_ref not in ("", capture.capture_ref):
            continue
        if case.unsubmitted.currency != capture.amount.currency:
            continue
        if capture.failed and capture.capture_ref not in case.failed_since:
            continue
        part = case.unsubmitted if case.capture_ref else min(left, case.unsubmitted)
        if part.minor > 0:
            yield OwedRefund(refund_id=case.id, amount=part, carried=case.carried_of(part))
            left = left if case.capture_ref else left - part


def _left_to_refunds(order: Order, capture: Capture) -> Money:
    """Returns the order's money in the capture that no refund took and for which no liability ended yet."""
    orders = [case for case in order.cases.values() if not case.capture_ref]
    ended = [case.liability_extinguished.get(capture.capture_ref) for case in orders]
    return capture.allocated - capture.paid_back - total([each for each in ended if each], capture.amount.currency)
