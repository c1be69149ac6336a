"""A parcel that nobody proved to be delivered is treated as signed for, where the order's policy says so."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand, placed_order
from commands.refunds.after_sales import lock_of
from commands.rules import Rules
from ledger.deadlines import has_come
from ledger.events.event import Event
from ledger.events.parcels import ParcelDeemedSigned
from ledger.folds.parcel import Parcel
from ledger.ids import Id
from ledger.refusals.after_sales import NotDeemedSigned
from ledger.refusals.catalogue import ParcelNotFound
from ledger.streams.orders.order import Order


class DeemSigned(OrderCommand, name="deem_signed"):
    """Asked for by a timer; off by default (`deemed_signature_after` of the policy `after_sales_lock`, domain §2.3)."""

    parcel_id: Id


def decide(command: DeemSigned, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    parcel = order.parcels.of(command.parcel_id)
    if parcel is None or not parcel.items:
        raise ParcelNotFound(order_id=command.order_id, parcel_id=command.parcel_id)
    signature = parcel.signature
    if signature and has_come(parcel.counts_from("signed_for", signature.signed_at), command.decided_at):
        return
    yield from _deemed(command, order, parcel, rules)


def _deemed(command: DeemSigned, order: Order, parcel: Parcel, rules: Rules) -> Iterator[Event]:
    """Yields the deemed signature. Raises `NotDeemedSigned` before its time, and if the parcel was lost, refused or
    returned."""
    assert order.placed is not None, "only a placed order has parcels"
    journey = order.parcels.whole_journey(parcel)
    deemed_at = lock_of(order, rules).deemed_at(journey)
    if deemed_at is None or command.decided_at < deemed_at or journey.ended not in ("", "signed_for"):
        raise NotDeemedSigned(parcel_id=parcel.parcel_id, deemed_at=deemed_at, status=parcel.status)
    yield ParcelDeemedSigned(
        order_id=command.order_id,
        parcel_id=parcel.parcel_id,
        signed_at=deemed_at,
        rule_version=order.placed.after_sales_lock_version,
    )
