"""The payment that an order expects from its buyer, beside the captured money."""

from __future__ import annotations

from ledger.money import total
from ledger.streams.expectation import Expectation
from ledger.streams.orders.allocation import amount_due
from ledger.streams.orders.order import Order


def payment_expected(order: Order) -> Expectation | None:
    """Returns the expected payment for the units that are left; None if the order is not placed, or closed unpaid.

    Providers capture in parts, so the payment counts as short only when the time to pay is over.
    """
    if allocated := order.payments.allocation:
        return Expectation("payment", order.order_id, allocated.amount, allocated.amount)
    if order.placed is None or order.cancelled or order.expired:
        return None
    due = amount_due(order.placed, {line_id: book.live for line_id, book in order.lines.items()})
    captured = total([capture.free for capture in order.payments.usable(due.currency)], due.currency)
    return Expectation("payment", order.order_id, due, captured)
