"""Refunds a parcel that customs did not let out of China or into the buyer's country."""

from __future__ import annotations

from collections.abc import Iterator

from commands.refunds.platform_refunds import ParcelRefund, expect_refundable, refunded
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.milestones import still_valid
from ledger.refusals.after_sales import ParcelNotRefused
from ledger.streams.orders.order import Order
from ledger.streams.units.unit_places import REFUSED_BY_CUSTOMS


class RefundRefusedParcel(ParcelRefund, name="refund_refused_parcel"):
    """Refunds the rest of a parcel whose export was rejected or whose import was refused.

    `reason` is customs' reason. By default the merchant bears `prohibited`, `mis_declared` and `counterfeit` goods, and
    the platform all others, such as `missing_partner_documents`. Refused if customs refused nothing, or the parcel was
    signed for.
    """


def decide(command: RefundRefusedParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = expect_refundable(command, order)
    if parcel.signature or not any(f.milestone in REFUSED_BY_CUSTOMS for f in still_valid(parcel.facts)):
        raise ParcelNotRefused(parcel_id=command.parcel_id, status=parcel.status)
    yield from refunded(command, order, parcel, rules, cause="refused")
