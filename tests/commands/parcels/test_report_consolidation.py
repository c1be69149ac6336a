"""Several parcels travel on as one."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from commands.parcels.report_consolidation import ReportConsolidation
from ledger.events.parcels import ParcelContents, ParcelCreated, ParcelItem, ParcelsConsolidated
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.limits import LARGEST_QUANTITY
from ledger.streams.orders.order import Order
from tests.support.given import ask, given, stream_of
from tests.support.orders import OrderScenario
from tests.support.parcels import ORDER, PAID, asked_back, at, dispatched, fact, packed, refunded, signed

TWO = (*PAID, packed(A=2), packed("P-2", B=1), dispatched(), dispatched("P-2", hours=24, tracking_no="SF-2"))


def consolidate(
    *parcel_ids: str, into: str = "P-3", hours: float = 48, tracking_no: str = "C-1"
) -> ReportConsolidation:
    return ask(
        ReportConsolidation,
        **ORDER,
        from_parcels=parcel_ids or ("P-1", "P-2"),
        to_parcel=into,
        tracking_no=tracking_no,
        at=at(hours),
    )


def consolidated(*parcel_ids: str, hours: float = 48) -> tuple[ParcelsConsolidated]:
    event = given(*TWO).when(consolidate(*parcel_ids, hours=hours)).event(ParcelsConsolidated)
    return (event,)


def order_after(*events: object) -> Order:
    order = stream_of("order/M-1/O-1", events)  # type: ignore[arg-type]
    assert isinstance(order, Order)
    return order


def test_the_units_travel_together() -> None:
    items = (ParcelItem(line_id="A", qty=2), ParcelItem(line_id="B", qty=1))
    given(*TWO).when(consolidate()).then(
        ParcelsConsolidated(
            order_id="O-1",
            from_parcels=("P-1", "P-2"),
            to_parcels=("P-3",),
            tracking_no="C-1",
            contents=(ParcelContents(parcel_id="P-3", items=items, tracking_no="C-1"),),
            happened_at=at(48),
        )
    )


def test_no_unit_is_counted_twice() -> None:
    order = order_after(*TWO, *consolidated())
    assert [(j.parcel_id, j.qty) for j in order.parcels.journeys("A")] == [("P-3", 2)]


def test_a_signature_for_the_whole_opens_after_sales_for_every_line() -> None:
    order = order_after(*TWO, *consolidated(), signed(hours=99, parcel_id="P-3"))
    assert [order.parcels.journeys(line)[0].signed_at for line in ("A", "B")] == [at(99), at(99)]


def test_each_line_counts_from_its_own_hand_over() -> None:
    order = order_after(*TWO, *consolidated())
    assert [order.parcels.journeys(line)[0].dispatched_at for line in ("A", "B")] == [at(0), at(24)]


def test_a_line_that_was_in_both_counts_from_the_last_hand_over() -> None:
    both = (*PAID, packed(A=1), packed("P-2", A=1), dispatched(), dispatched("P-2", hours=24, tracking_no="SF-2"))
    event = given(*both).when(consolidate()).event(ParcelsConsolidated)
    (journey,) = order_after(*both, event).parcels.journeys("A")
    assert (journey.qty, journey.dispatched_at) == (2, at(24))


def test_what_had_happened_before_came_along() -> None:
    received = fact("received_at_warehouse", hours=30)
    order = order_after(*TWO, received, *consolidated())
    assert order.parcels.journeys("A")[0].received_at_warehouse == at(30)


def test_a_late_scan_of_an_old_parcel_reaches_the_new_one() -> None:
    order = order_after(*TWO, *consolidated(), fact("received_at_warehouse", hours=30))
    assert order.parcels.journeys("A")[0].received_at_warehouse == at(30)


def test_a_later_scan_of_an_old_parcel_does_not() -> None:
    order = order_after(*TWO, *consolidated(), fact("departed", hours=90))
    assert order.parcels.journeys("A")[0].departed_at is None


def test_what_was_refunded_stays_refunded() -> None:
    order = order_after(*TWO, *refunded(parcel_id="P-1", A=1), *consolidated())
    assert (order.lines["A"].at("P-3").refunded, order.unshipped("A")) == (1, 0)


def test_a_case_opened_before_is_decided_on_the_units_where_they_are_now() -> None:
    asked, approved = refunded(parcel_id="P-1", A=1)
    order = order_after(*TWO, asked, *consolidated(), approved)
    units = order.lines["A"].at("P-3")
    assert (units.asked, units.refunded) == (0, 1)


def test_an_open_case_goes_along() -> None:
    order = order_after(*TWO, asked_back(parcel_id="P-1", A=1), *consolidated())
    assert order.lines["A"].at("P-3").asked == 1


def test_the_same_report_again_changes_nothing() -> None:
    given(*TWO, *consolidated()).when(consolidate()).then_nothing()


def test_a_parcel_nobody_packed_is_recorded_and_flagged() -> None:
    decided = given(*TWO).when(consolidate("P-1", "P-9"))
    assert decided.event(ReconciliationBreakOpened).kind == "unknown_parcel"


def test_a_parcel_that_travels_on_already_moves_nothing_again() -> None:
    decided = given(*TWO, *consolidated()).when(consolidate("P-1", into="P-4", tracking_no="C-2"))
    assert decided.event(ParcelsConsolidated).contents == ()


def test_a_parcel_that_travels_on_already_is_flagged() -> None:
    decided = given(*TWO, *consolidated()).when(consolidate("P-1", into="P-4", tracking_no="C-2"))
    assert decided.event(ReconciliationBreakOpened).expected == f"travelling as P-3 since {at(48).isoformat()}"


def test_a_delivered_parcel_cannot_be_packed_again() -> None:
    decided = given(*TWO, signed(hours=40)).when(consolidate())
    assert decided.event(ReconciliationBreakOpened).expected == "signed_for"


def test_a_number_that_another_parcel_travels_under_is_flagged() -> None:
    others = (*TWO, packed("P-4", A=1), dispatched("P-4", tracking_no="C-1"))
    decided = given(*others).when(consolidate())
    assert decided.event(ReconciliationBreakOpened).kind == "duplicate_tracking_no"


def test_a_number_of_a_whole_finds_it() -> None:
    found = order_after(*TWO, *consolidated()).parcels.tracked_as("C-1")
    assert found is not None
    assert found.parcel_id == "P-3"


def test_a_parcel_is_not_consolidated_with_itself() -> None:
    with pytest.raises(ValidationError, match="once"):
        consolidate("P-1", "P-1")


def test_a_consolidated_parcel_is_released_when_it_is_signed_for() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    scenario.submit("report_consolidation", from_parcels=["P-1", "P-2"], to_parcel="P-3", at="2025-04-02T08:00Z")
    scenario.signed("P-3", at="2025-04-09T08:00Z")
    scenario.submit("release_settlement", at="2025-04-16T08:00Z")
    assert scenario.order.completed


def test_a_consolidation_of_the_future_is_flagged() -> None:
    future = ask(
        ReportConsolidation, **ORDER, from_parcels=("P-1", "P-2"), to_parcel="P-3", occurred_at=at(99), at=at(48)
    )
    assert given(*TWO).when(future).event(ReconciliationBreakOpened).kind == "future_timestamp"


def test_parcels_of_more_units_than_an_order_may_ask_for_are_counted_all_the_same() -> None:
    """Each report names as many as a line may have: what travels together is their sum."""
    full = ParcelItem(line_id="A", qty=LARGEST_QUANTITY)
    many = [
        ParcelCreated(order_id="O-1", parcel_id=parcel_id, items=(full, full), warehouse_id="W-1")
        for parcel_id in ("P-1", "P-2")
    ]
    event = given(*PAID, *many).when(consolidate()).event(ParcelsConsolidated)
    assert event.contents[0].items == (ParcelItem(line_id="A", qty=4 * LARGEST_QUANTITY),)
