"""Packs units of an order for the transfer warehouse."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand
from commands.parcels.packable_units import expect_packable
from commands.requested_units import PackedItems
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import ParcelCreated
from ledger.ids import Id
from ledger.refusals.catalogue import ParcelAlreadyExists
from ledger.streams.orders.order import Order


class CreateParcel(OrderCommand, name="create_parcel"):
    """Packs units of an order into a parcel for the merchant's designated warehouse (statement 18).

    Refused if the order is not paid, the parcel exists, or the units are refunded, in an open case, or already sent.
    """

    parcel_id: Id
    items: PackedItems
    warehouse_id: Id


def decide(command: CreateParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(command.parcel_id)
    if parcel and parcel.created:
        raise ParcelAlreadyExists(parcel_id=command.parcel_id)
    expect_packable(order, command.items)
    yield ParcelCreated(
        order_id=command.order_id,
        parcel_id=command.parcel_id,
        items=command.items,
        warehouse_id=command.warehouse_id,
    )
