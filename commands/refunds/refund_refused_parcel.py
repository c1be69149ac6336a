"""The platform refunds the buyer of a parcel that customs did not let out of the country, or into the buyer's."""

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
    """What is left to refund of a parcel whose export was rejected or whose import was refused.

    `reason` is customs': `prohibited`, `mis_declared` and `counterfeit` goods are the merchant's fault by default,
    anything else, such as `missing_partner_documents`, is the platform's to bear.
    """


def decide(command: RefundRefusedParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = expect_refundable(command, order)
    if parcel.signature or not any(f.milestone in REFUSED_BY_CUSTOMS for f in still_valid(parcel.facts)):
        raise ParcelNotRefused(parcel_id=command.parcel_id, status=parcel.status)
    yield from refunded(command, order, parcel, rules, cause="refused")
