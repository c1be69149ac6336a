"""A scan names a tracking number under which parcels of several orders travel: somebody must look."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import break_once
from commands.fields import TrackingNo
from commands.order_command import OrderCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.streams.orders.order import Order


class FlagSharedNumber(OrderCommand, name="flag_shared_number"):
    """Asked for each of the orders once a scan cannot be placed. A number that is used anew, and never scanned without
    its carrier, is nobody's trouble. Nothing to do where no parcel of the order travels under it."""

    tracking_no: TrackingNo


def decide(command: FlagSharedNumber, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.tracked_as(command.tracking_no)
    if parcel is None:
        return
    yield from break_once(
        order.breaks,
        kind="duplicate_tracking_no",
        expected="a number of its own",
        actual=f"{command.tracking_no}, which another order has too",
        refs={
            "order_id": command.order_id,
            "parcel_id": parcel.parcel_id,
            "tracking_no": command.tracking_no,
            "about": "another_order",
        },
        at=command.decided_at,
    )
