"""Handing a packed parcel to the carrier."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commands.parcels.dispatch_parcel import DispatchParcel
from ledger.events.parcels import ParcelDispatched
from ledger.refusals.catalogue import (
    AlreadyDispatched,
    DispatchTimeImplausible,
    DuplicateTrackingNo,
    LineAlreadyRefunded,
    ParcelNotFound,
    RefundPendingOnLine,
)
from tests.support.given import MERCHANT, NOW, ask, given
from tests.support.parcels import ORDER, PAID, PLACED_AT, asked_back, dispatched, fact, packed, refunded


def dispatch(parcel_id: str = "P-1", *, tracking_no: str = "SF-1", **data: Any) -> DispatchParcel:
    return ask(DispatchParcel, by=MERCHANT, **ORDER, parcel_id=parcel_id, carrier="SF", tracking_no=tracking_no, **data)


def test_a_packed_parcel_is_dispatched_now() -> None:
    given(*PAID, packed()).when(dispatch()).then(dispatched())


def test_a_hand_over_earlier_today_keeps_its_time() -> None:
    event = given(*PAID, packed()).when(dispatch(dispatched_at=NOW - timedelta(hours=3))).event(ParcelDispatched)
    assert event.dispatched_at == NOW - timedelta(hours=3)


def test_a_hand_over_that_is_reported_late_was_by_the_time_the_parcel_was_seen() -> None:
    history = (*PAID, packed(), fact("received_at_warehouse", hours=-5))
    assert given(*history).when(dispatch()).event(ParcelDispatched).dispatched_at == NOW - timedelta(hours=5)


def test_a_hand_over_is_not_announced_ahead_of_time() -> None:
    tomorrow = NOW + timedelta(days=1)
    given(*PAID, packed()).when(dispatch(dispatched_at=tomorrow)).then_refused(DispatchTimeImplausible)


@pytest.mark.parametrize("milestone", ["received_at_warehouse", "departed", "arrived"])
def test_a_hand_over_is_not_after_the_parcel_was_seen_on_its_way(milestone: str) -> None:
    seen_at, later = NOW - timedelta(hours=5), NOW - timedelta(hours=4)
    history = given(*PAID, packed(), fact(milestone, hours=-5))
    history.when(dispatch(dispatched_at=later)).then_refused(DispatchTimeImplausible, latest=seen_at)


def test_a_hand_over_may_be_as_late_as_the_parcel_was_seen() -> None:
    history = (*PAID, packed(), fact("received_at_warehouse", hours=-5))
    given(*history).when(dispatch(dispatched_at=NOW - timedelta(hours=5))).then(ParcelDispatched)


def test_a_hand_over_is_not_before_the_order() -> None:
    earlier = PLACED_AT - timedelta(seconds=1)
    given(*PAID, packed()).when(dispatch(dispatched_at=earlier)).then_refused(DispatchTimeImplausible)


def test_a_parcel_nobody_packed_is_not_dispatched() -> None:
    given(*PAID).when(dispatch()).then_refused(ParcelNotFound, parcel_id="P-1")


def test_a_parcel_is_dispatched_once() -> None:
    given(*PAID, packed(), dispatched()).when(dispatch(tracking_no="SF-2")).then_refused(AlreadyDispatched)


def test_two_parcels_do_not_share_a_tracking_number() -> None:
    history = (*PAID, packed(A=1), dispatched(), packed("P-2", A=1))
    given(*history).when(dispatch("P-2")).then_refused(DuplicateTrackingNo, parcel_id="P-1")


def test_dispatch_is_held_while_a_refund_is_asked_for() -> None:
    given(*PAID, packed(), asked_back(A=1)).when(dispatch()).then_refused(RefundPendingOnLine, refund_id="R-1")


def test_a_refunded_quantity_is_not_dispatched() -> None:
    given(*PAID, packed(A=2), *refunded(A=2)).when(dispatch()).then_refused(LineAlreadyRefunded, line_id="A")


def test_one_of_two_packed_parcels_may_go_where_one_unit_is_refunded() -> None:
    given(*PAID, packed(A=1), packed("P-2", A=1), *refunded(A=1)).when(dispatch()).then(ParcelDispatched)


def test_the_second_of_two_packed_parcels_stays_where_one_unit_is_refunded() -> None:
    history = (*PAID, packed(A=1), packed("P-2", A=1), *refunded(A=1), dispatched())
    given(*history).when(dispatch("P-2", tracking_no="SF-2")).then_refused(LineAlreadyRefunded, line_id="A")
