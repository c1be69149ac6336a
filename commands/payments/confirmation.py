"""Confirms an order as soon as captured money covers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from commands.command import Command
from commands.contradictions import break_once
from ledger.events.event import Event
from ledger.events.orders import OrderConfirmed, OrderPlaced
from ledger.money import total
from ledger.streams.orders.allocation import allocation
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


def confirmed_by(
    placed: OrderPlaced, quantities: Mapping[str, int], captures: Iterable[Capture], command: Command, order: Order
) -> Iterator[Event]:
    """Allocates these captures to the order and confirms it; yields nothing if they do not cover it.

    Captured money beyond the order opens a break.
    """
    free = list(captures)
    allocated = allocation(placed, quantities, free)
    if allocated is None:
        return
    yield allocated
    payment_ids = tuple(dict.fromkeys(part.payment_id for part in allocated.parts))
    yield OrderConfirmed(order_id=allocated.order_id, payment_ids=payment_ids, confirmed_at=command.happened_at)
    captured = total([capture.free for capture in free], allocated.amount.currency)
    if captured != allocated.amount:
        yield from break_once(
            order.breaks,
            kind="amount_mismatch",
            expected=str(allocated.amount),
            actual=str(captured),
            refs={"order_id": allocated.order_id, "about": "paid_too_much"},
            at=command.decided_at,
        )
