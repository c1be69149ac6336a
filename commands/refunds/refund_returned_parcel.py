"""The platform refunds the buyer of a parcel that came back, or is on its way back, without having been delivered."""

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
    """What is left to refund of a parcel that a carrier sends back and nobody signed for.

    Who bears it goes by `reason` and by whether the warehouse had accepted it (policy `liability`). What the
    warehouse itself turned away is the merchant's again, to send or to cancel.
    """

    reason: Reason = "undeliverable"


def decide(command: RefundReturnedParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = expect_refundable(command, order)
    if parcel.status not in BACKWARDS:
        raise ParcelNotReturned(parcel_id=command.parcel_id, status=parcel.status)
    yield from refunded(command, order, parcel, rules, cause="undeliverable")
