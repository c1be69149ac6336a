"""Refunds a parcel that comes back, or has come back, without a delivery."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.refunds.platform_refunds import ParcelRefund, expect_refundable, refunded
from commands.rules import Rules
from ledger.events.event import Event
from ledger.refusals.after_sales import ParcelNotReturned
from ledger.streams.orders.order import Order
from ledger.streams.units.unit_places import BACKWARDS


class RefundReturnedParcel(ParcelRefund, name="refund_returned_parcel"):
    """Refunds the rest of a parcel that a carrier sends back undelivered.

    `reason` and the acceptance at the warehouse decide who bears it (policy `liability`). Refused for any other parcel;
    goods that the warehouse rejected are the merchant's to send again or cancel.
    """

    reason: Reason = "undeliverable"


def decide(command: RefundReturnedParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = expect_refundable(command, order)
    if parcel.status not in BACKWARDS:
        raise ParcelNotReturned(parcel_id=command.parcel_id, status=parcel.status)
    yield from refunded(command, order, parcel, rules, cause="undeliverable")
