"""Changes the delivery address of an order before dispatch."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand, placed_order
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import OrderDeliveryDetailsChanged
from ledger.ids import Id
from ledger.refusals.catalogue import AlreadyDispatched
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order


class ChangeDeliveryDetails(OrderCommand, name="change_delivery_details"):
    """Changes the delivery address; `ship_to_ref` is the id of the new version, in the order's market.

    Refused if the order is not placed, or if a parcel of it was dispatched.
    """

    ship_to_ref: Id
    ship_to: Sealed[dict[str, str]] | None = None


def decide(command: ChangeDeliveryDetails, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    for parcel in order.parcels:
        if parcel.dispatch:
            raise AlreadyDispatched(parcel_id=parcel.parcel_id, dispatched_at=parcel.dispatch.dispatched_at)
    if command.ship_to_ref != order.ship_to_ref:
        yield OrderDeliveryDetailsChanged(
            order_id=command.order_id, ship_to_ref=command.ship_to_ref, ship_to=command.ship_to
        )
