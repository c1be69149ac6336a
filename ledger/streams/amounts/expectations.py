"""What an order expects of its buyer beside what was captured."""

from __future__ import annotations

from ledger.money import total
from ledger.streams.expectation import Expectation
from ledger.streams.orders.allocation import amount_due
from ledger.streams.orders.order import Order


def payment_expected(order: Order) -> Expectation | None:
    """What the buyer pays for what is left of the order; None of one that is not placed, or is over before it is paid.

    Providers capture in parts, so that it is short only when its time is over.
    """
    if allocated := order.payments.allocation:
        return Expectation("payment", order.order_id, allocated.amount, allocated.amount)
    if order.placed is None or order.cancelled or order.expired:
        return None
    due = amount_due(order.placed, {line_id: book.live for line_id, book in order.lines.items()})
    captured = total([capture.free for capture in order.payments.usable(due.currency)], due.currency)
    return Expectation("payment", order.order_id, due, captured)
