"""A hand-over that happened is recorded, whatever was agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.parcels.report_dispatch import ReportDispatch
from ledger.events.parcels import ParcelCreated, ParcelDispatched
from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import PARTNER, ask, given
from tests.support.parcels import (
    ORDER,
    PAID,
    PAID_AT,
    PLACED,
    PLACED_AT,
    asked_back,
    at,
    dispatched,
    fact,
    packed,
    refunded,
)

ITEMS = [{"line_id": "A", "qty": 2}]


def report(parcel_id: str = "P-1", *, hours: float = 0, tracking_no: str = "SF-1", **data: Any) -> ReportDispatch:
    when = {"occurred_at": at(hours), "at": at(hours + 1)} | data
    return ask(ReportDispatch, by=PARTNER, **ORDER, parcel_id=parcel_id, carrier="SF", tracking_no=tracking_no, **when)


def test_a_hand_over_of_a_packed_parcel_is_recorded() -> None:
    given(*PAID, packed()).when(report()).then(dispatched())


def test_a_parcel_nobody_packed_is_created_with_its_hand_over() -> None:
    given(*PAID).when(report(items=ITEMS, warehouse_id="W-1")).then(packed(), dispatched())


def test_the_same_hand_over_twice_is_nothing_new() -> None:
    given(*PAID, packed(), dispatched()).when(report()).then_nothing()


def test_a_hand_over_of_unknown_contents_is_recorded_with_a_break() -> None:
    decided = given(*PAID).when(report()).then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "unknown_parcel"


def test_a_hand_over_of_an_unpaid_order_is_recorded_with_a_break() -> None:
    decided = given(PLACED).when(report(items=ITEMS))
    decided.then(ParcelCreated, ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "not_confirmed"


def test_a_hand_over_before_the_payment_is_recorded_with_a_break() -> None:
    early = report(occurred_at=PAID_AT - timedelta(minutes=1))
    decided = given(*PAID, packed()).when(early).then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "before_payment"


def test_a_hand_over_before_the_order_is_recorded_with_a_break() -> None:
    early = report(occurred_at=PLACED_AT - timedelta(minutes=1))
    decided = given(*PAID, packed()).when(early)
    breaks = [event for event in decided.events if isinstance(event, ReconciliationBreakOpened)]
    assert "before_the_order" in [opened.refs["about"] for opened in breaks]


def test_a_hand_over_of_refunded_units_asks_for_interception() -> None:
    decided = given(*PAID, packed(), *refunded(A=2)).when(report())
    decided.then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["ask"] == "interception"


def test_a_hand_over_of_units_that_are_asked_back_asks_for_interception() -> None:
    decided = given(*PAID, packed(), asked_back(A=1)).when(report())
    decided.then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["ask"] == "interception"


def test_a_hand_over_of_a_line_the_order_does_not_have_is_recorded_with_a_break() -> None:
    decided = given(*PAID).when(report(items=[{"line_id": "Z", "qty": 1}]))
    decided.then(ParcelCreated, ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "unknown_lines"


def test_another_hand_over_of_the_same_parcel_is_recorded_with_a_break() -> None:
    history = (*PAID, packed(), dispatched())
    given(*history).when(report(hours=3)).then(ParcelDispatched, ReconciliationBreakOpened)


def test_other_contents_than_packed_are_a_break() -> None:
    decided = given(*PAID, packed(A=2)).when(report(items=[{"line_id": "A", "qty": 1}]))
    decided.then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "contents"


def test_a_tracking_number_of_another_parcel_is_a_break() -> None:
    history = (*PAID, packed(A=1), dispatched(), packed("P-2", A=1))
    decided = given(*history).when(report("P-2")).then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "duplicate_tracking_no"


def test_a_tracking_number_may_be_any_text() -> None:
    given(*PAID, packed()).when(report(tracking_no="顺丰 1/2")).then(dispatched(tracking_no="顺丰 1/2"))


def test_a_hand_over_after_the_receipt_is_a_break() -> None:
    history = (*PAID, packed(), fact("received_at_warehouse", hours=-2))
    decided = given(*history).when(report()).then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "received_at_warehouse"


def test_nothing_moves_a_parcel_before_its_hand_over_a_find_or_not() -> None:
    history = (*PAID, packed(), fact("lost", hours=20), fact("found", hours=22))
    decided = given(*history).when(report(hours=24)).then(ParcelDispatched, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "lost"
