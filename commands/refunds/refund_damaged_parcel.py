"""Refunds a parcel that was damaged or destroyed on its way."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.refunds.platform_refunds import ParcelRefund, expect_refundable, refunded
from commands.rules import Rules
from ledger.events.event import Event
from ledger.refusals.after_sales import ParcelNotDamaged
from ledger.streams.orders.order import Order

_DAMAGE = frozenset({"damaged", "destroyed"})


class RefundDamagedParcel(ParcelRefund, name="refund_damaged_parcel"):
    """Refunds the rest of a parcel that was damaged before delivery. The liability policy decides who bears it.

    Refused if no damage is reported, or the parcel was signed for; then the buyer requests a return.
    """

    reason: Reason = "damaged"


def decide(command: RefundDamagedParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = expect_refundable(command, order)
    if parcel.signature or not any(fact.milestone in _DAMAGE for fact in parcel.facts):
        raise ParcelNotDamaged(parcel_id=command.parcel_id, status=parcel.status)
    yield from refunded(command, order, parcel, rules, cause="damaged")
