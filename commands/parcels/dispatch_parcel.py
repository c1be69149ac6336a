"""Hands a packed parcel to the domestic carrier ("shipped" in the programme)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.fields import TrackingNo
from commands.order_command import OrderCommand
from commands.parcels.packable_units import expect_sendable
from commands.rules import Rules
from ledger.deadlines import CLOCKS_DIFFER_BY, later
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.events.parcels import ParcelDispatched
from ledger.folds.parcel import Parcel
from ledger.ids import Id
from ledger.instants import Instant
from ledger.refusals.catalogue import AlreadyDispatched, DispatchTimeImplausible, DuplicateTrackingNo, ParcelNotFound
from ledger.streams.orders.order import Order


class DispatchParcel(OrderCommand, name="dispatch_parcel"):
    """Hands a packed parcel to the domestic carrier. After-sales services are locked from here on (domain §5).

    Refused if the parcel is not packed, was dispatched, or has a used tracking number; if its units are refunded or in
    an open case; or if the time is not plausible.
    """

    parcel_id: Id
    carrier: Id
    tracking_no: TrackingNo
    dispatched_at: Instant | None = None  # default: now, or the first fact of the parcel's way


def decide(command: DispatchParcel, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(command.parcel_id)
    if parcel is None or not parcel.created:
        raise ParcelNotFound(order_id=command.order_id, parcel_id=command.parcel_id)
    if parcel.dispatch:
        raise AlreadyDispatched(parcel_id=parcel.parcel_id, dispatched_at=parcel.dispatch.dispatched_at)
    expect_sendable(order, parcel)
    _expect_a_number_of_its_own(command, order, parcel)
    yield ParcelDispatched(
        order_id=command.order_id,
        parcel_id=parcel.parcel_id,
        carrier=command.carrier,
        tracking_no=command.tracking_no,
        dispatched_at=_plausible(command, order, parcel),
    )


def _expect_a_number_of_its_own(command: DispatchParcel, order: Order, parcel: Parcel) -> None:
    other = order.parcels.tracked_as(command.tracking_no)
    if other and other is not parcel:
        raise DuplicateTrackingNo(tracking_no=command.tracking_no, parcel_id=other.parcel_id)


def _plausible(command: DispatchParcel, order: Order, parcel: Parcel) -> datetime:
    """Returns the dispatch time. Raises `DispatchTimeImplausible`.

    The after-sales lock counts from it, so it may be neither before the order nor after the parcel's first fact.
    """
    assert order.placed is not None, "a confirmed order is placed"
    placed_at, now = order.placed.placed_at, command.decided_at
    seen = [fact.happened_at for fact in parcel.facts if MILESTONES[fact.milestone].rank > 0]
    at = command.dispatched_at or max(min((now, *seen)), placed_at)
    latest = max(min((later(now, CLOCKS_DIFFER_BY), *seen)), placed_at)
    if not placed_at <= at <= latest:
        raise DispatchTimeImplausible(dispatched_at=at, placed_at=placed_at, latest=min(latest, now))
    return at
