"""Refunds a lost parcel; the liability policy decides who bears it."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.refunds.platform_refunds import ParcelRefund, expect_refundable, refunded
from commands.rules import Rules
from ledger.events.event import Event
from ledger.refusals.after_sales import ParcelNotLost
from ledger.streams.orders.order import Order


class RefundLostParcel(ParcelRefund, name="refund_lost_parcel"):
    """Refunds the rest of a parcel that a partner declared lost. Its last place decides who bears it.

    Refused if no loss is reported (policy `liability`).
    """

    reason: Reason = "lost"


def decide(command: RefundLostParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = expect_refundable(command, order)
    if parcel.lost_at is None:
        raise ParcelNotLost(parcel_id=command.parcel_id, status=parcel.status)
    yield from refunded(command, order, parcel, rules, cause="lost")
