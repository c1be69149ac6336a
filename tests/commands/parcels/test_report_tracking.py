"""Reports of carriers, warehouses and customs are recorded; a contradiction opens a break."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from commands.parcels.report_tracking import ReportTracking
from ledger.events.milestones import MILESTONES, TrackedMilestone
from ledger.events.parcels import (
    ParcelDeparted,
    ParcelFound,
    ParcelReceivedAtWarehouse,
    ParcelReturningToSender,
    TrackingNoted,
)
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.streams.orders.order import Order
from tests.support.given import NOW, PARTNER, ask, given
from tests.support.parcels import ORDER, PAID, PLACED, at, dispatched, fact, packed, refunded, signed

SENT = (*PAID, packed(), dispatched())


def report(milestone: str, *, hours: float = 24, parcel_id: str = "P-1", **data: Any) -> ReportTracking:
    when = {"occurred_at": at(hours), "at": at(hours + 1)} | data
    return ask(ReportTracking, by=PARTNER, **ORDER, parcel_id=parcel_id, milestone=milestone, **when)


def test_every_milestone_without_a_report_of_its_own_can_be_reported() -> None:
    others = {"created", "dispatched", "signed_for", "deemed_signed", "lost", "consolidated", "split"}
    assert set(get_args(TrackedMilestone)) == MILESTONES.keys() - others


def test_a_receipt_is_recorded() -> None:
    receipt = report("received_at_warehouse", warehouse_id="W-1", weight_g=800, condition="good")
    given(*SENT).when(receipt).then(fact("received_at_warehouse", hours=24, weight_g=800, condition="good"))


def test_the_partners_own_words_are_kept() -> None:
    reported: dict[str, Any] = {"location": "Shenzhen", "raw_code": "EXA", "carrier": "EMS", "reason": "random"}
    given(*SENT).when(report("export_declared", **reported)).then(fact("export_declared", hours=24, **reported))


def test_the_same_fact_twice_is_nothing_new() -> None:
    given(*SENT, fact("departed", hours=24)).when(report("departed")).then_nothing()


def test_a_scan_that_comes_late_is_recorded_without_a_break() -> None:
    given(*SENT, fact("departed", hours=48)).when(report("export_released", hours=30)).then(
        fact("export_released", hours=30)
    )


def test_a_receipt_without_a_hand_over_only_shows_a_gap() -> None:
    given(*PAID, packed()).when(report("received_at_warehouse", warehouse_id="W-1")).then(ParcelReceivedAtWarehouse)


def test_another_warehouse_than_the_assigned_is_a_break() -> None:
    decided = given(*SENT).when(report("received_at_warehouse", warehouse_id="W-9"))
    decided.then(ParcelReceivedAtWarehouse, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "WRONG_WAREHOUSE"


def test_a_fact_of_an_unknown_parcel_is_recorded_with_a_break() -> None:
    decided = given(*PAID).when(report("departed")).then(ParcelDeparted, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "unknown_parcel"


def test_a_fact_of_an_unknown_order_is_recorded_with_a_break() -> None:
    given().when(report("departed")).then(ParcelDeparted, ReconciliationBreakOpened)


def test_an_unknown_parcel_opens_one_break() -> None:
    first = given(*PAID).when(report("departed")).events
    given(*PAID, *first).when(report("arrived", hours=40)).then(fact("arrived", hours=40))


def test_a_fact_of_the_future_is_recorded_with_a_break() -> None:
    future = report("departed", occurred_at=NOW + timedelta(minutes=6), at=NOW)
    decided = given(*SENT).when(future).then(ParcelDeparted, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "future_timestamp"


def test_clocks_may_differ_by_five_minutes() -> None:
    given(*SENT).when(report("departed", occurred_at=NOW + timedelta(minutes=5), at=NOW)).then(ParcelDeparted)


def test_a_scan_after_the_signature_is_a_break() -> None:
    decided = given(*SENT, signed(hours=20)).when(report("departed")).then(ParcelDeparted, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "signed_for"


def test_the_monthly_closing_of_the_export_may_follow_the_signature() -> None:
    given(*SENT, signed(hours=20)).when(report("export_closed", hours=700)).then(fact("export_closed", hours=700))


def test_a_scan_of_a_lost_parcel_is_a_break() -> None:
    given(*SENT, fact("lost", hours=20)).when(report("departed")).then(ParcelDeparted, ReconciliationBreakOpened)


def test_a_scan_of_a_found_parcel_is_none() -> None:
    history = (*SENT, fact("lost", hours=20), fact("found", hours=22))
    given(*history).when(report("departed")).then(ParcelDeparted)


def test_a_receipt_before_the_hand_over_is_a_break() -> None:
    receipt = report("received_at_warehouse", hours=-3, warehouse_id="W-1")
    given(*SENT).when(receipt).then(ParcelReceivedAtWarehouse, ReconciliationBreakOpened)


def test_a_note_keeps_its_text_sealed() -> None:
    noted = given(*SENT).when(report("noted", raw_code="X9", text="left with Mrs Wong")).event(TrackingNoted)
    assert repr(noted.text) == "Sealed(…)"


def test_a_warehouse_fact_names_its_warehouse() -> None:
    with pytest.raises(ValidationError, match="needs warehouse_id"):
        report("received_at_warehouse")


def test_a_field_that_the_milestone_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="departed takes no attempt_no"):
        report("departed", attempt_no=1)


def test_a_parcel_found_after_its_refund_is_a_break() -> None:
    history = (*SENT, fact("lost", hours=20), *refunded(parcel_id="P-1", A=2))
    decided = given(*history).when(report("found"))
    assert decided.event(ReconciliationBreakOpened).expected == "2 of line A refunded"


def test_a_parcel_found_before_any_refund_is_none() -> None:
    given(*SENT, fact("lost", hours=20)).when(report("found")).then(ParcelFound)


def test_a_parcel_that_turns_back_is_not_lost() -> None:
    order = (
        given(*SENT, fact("import_refused", hours=20))
        .when(report("returning_to_sender"))
        .then(ParcelReturningToSender)
        .stream
    )
    assert isinstance(order, Order)
    assert [j.ended for j in order.parcels.journeys("A")] == ["returning_to_sender"]


def test_what_came_back_to_the_warehouse_may_be_packed_again() -> None:
    order = given(*SENT, fact("returning_to_sender", hours=20)).when(report("returned_to_warehouse")).stream
    assert isinstance(order, Order)
    order.apply(fact("returned_to_warehouse", hours=24))
    assert order.parcels.assigned("A") == 0


def test_damage_ends_nothing_that_a_signature_says() -> None:
    order = given(*SENT, fact("damaged", hours=20)).when(report("noted")).then(TrackingNoted).stream
    assert isinstance(order, Order)
    order.apply(signed(hours=30))
    assert order.parcels.journeys("A")[0].ended == "signed_for"


@pytest.mark.parametrize("milestone", ["export_rejected", "import_refused"])
def test_a_refusal_of_customs_keeps_its_reason_and_declaration(milestone: str) -> None:
    reported: dict[str, Any] = {
        "customs_mode": "9610",
        "declaration_no": "D-1",
        "raw_code": "100",
        "reason": "mis_declared",
    }
    given(*SENT).when(report(milestone, **reported)).then(fact(milestone, hours=24, **reported))


DECLARED: dict[str, Any] = {"customs_mode": "9610", "declaration_no": "D-1"}


def test_a_declaration_of_a_paid_order_ties() -> None:
    given(*SENT).when(report("export_declared", **DECLARED)).then(fact("export_declared", hours=24, **DECLARED))


def test_a_declaration_without_a_receipt_of_payment_is_a_break() -> None:
    unpaid = (PLACED, packed(), dispatched())
    decided = given(*unpaid).when(report("export_declared", **DECLARED))
    opened = decided.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.refs["about"], opened.refs["declaration_no"]) == ("customs_tie", "payment", "D-1")


def test_other_supervision_modes_need_no_receipt_of_payment() -> None:
    declared = report("export_declared", customs_mode="9710", declaration_no="D-1")
    given(PLACED, packed(), dispatched()).when(declared).then(
        fact("export_declared", hours=24, customs_mode="9710", declaration_no="D-1")
    )


def test_a_release_under_another_declaration_is_a_break() -> None:
    declared = fact("export_declared", hours=20, **DECLARED)
    decided = given(*SENT, declared).when(report("export_released", customs_mode="9610", declaration_no="D-2"))
    opened = decided.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.expected, opened.actual) == ("customs_tie", "declaration D-1", "D-2")
