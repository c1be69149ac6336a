"""Packing some of an order's units for the transfer warehouse."""

from __future__ import annotations

from collections.abc import Iterator

from commands.line_quantities import PackedItems
from commands.order_commands import OrderCommand
from commands.packing import expect_packable
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.shipment import ParcelCreated
from ledger.ids import Id
from ledger.refusals import ParcelAlreadyExists
from ledger.streams.order import Order


class CreateParcel(OrderCommand, name="create_parcel"):
    """A merchant packs a parcel for its designated warehouse (programme, statement 18)."""

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
