"""An order's place in its machine, derived from its quantities (domain §4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ledger.streams.orders.order import Order

OrderStatus = Literal[
    "unplaced", "placed", "confirmed", "dispatching", "in_transit", "delivered", "completed", "cancelled", "expired"
]


def status_of(order: Order) -> OrderStatus:
    if order.placed is None:
        return "unplaced"
    if order.completed or order.cancelled or order.expired:
        return "completed" if order.completed else "cancelled" if order.cancelled else "expired"
    if not order.confirmed:
        return "placed"
    return _fulfilment(order)


def _fulfilment(order: Order) -> OrderStatus:
    journeys = [journey for line_id in order.lines for journey in order.parcels.journeys(line_id)]
    if not any(journey.dispatched_at for journey in journeys):
        return "confirmed"
    if any(order.unshipped(line_id) for line_id in order.lines):
        return "dispatching"
    return "delivered" if all(journey.ended for journey in journeys) else "in_transit"
