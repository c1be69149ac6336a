"""The status of an order, derived from its quantities (domain §4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from ledger.events.orders import OrderPlaced
from ledger.folds.parcels import Parcels

OrderStatus = Literal[
    "unplaced", "placed", "confirmed", "dispatching", "in_transit", "delivered", "completed", "cancelled", "expired"
]


class StatedOrder(Protocol):
    """The parts of an order that its status follows from."""

    placed: OrderPlaced | None
    confirmed: bool
    completed: bool
    cancelled: bool
    expired: bool
    parcels: Parcels

    @property
    def lines(self) -> Mapping[str, object]: ...

    def unshipped(self, line_id: str) -> int: ...


def status_of(order: StatedOrder) -> OrderStatus:
    if order.placed is None:
        return "unplaced"
    if order.completed or order.cancelled or order.expired:
        return "completed" if order.completed else "cancelled" if order.cancelled else "expired"
    if not order.confirmed:
        return "placed"
    return _fulfilment(order)


def _fulfilment(order: StatedOrder) -> OrderStatus:
    journeys = [journey for line_id in order.lines for journey in order.parcels.journeys(line_id)]
    if not any(journey.dispatched_at for journey in journeys):
        return "confirmed"
    if any(order.unshipped(line_id) for line_id in order.lines):
        return "dispatching"
    return "delivered" if all(journey.ended for journey in journeys) else "in_transit"
