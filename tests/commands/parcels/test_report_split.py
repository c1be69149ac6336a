"""One parcel travels on as several."""

from __future__ import annotations

from typing import Any

from commands.parcels.report_split import ReportSplit
from ledger.events.parcels import ParcelSplit
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.streams.orders.order import Order
from tests.support.given import ask, given, stream_of
from tests.support.orders import OrderScenario
from tests.support.parcels import ORDER, PAID, asked_back, at, dispatched, packed, refunded, signed

SENT = (*PAID, packed(A=2, B=1), dispatched())


def part(parcel_id: str, **qty: int) -> dict[str, Any]:
    items = [{"line_id": line_id, "qty": n} for line_id, n in qty.items()]
    return {"parcel_id": parcel_id, "items": items, "tracking_no": f"T-{parcel_id}"}


def split(*parts: dict[str, Any], hours: float = 48) -> ReportSplit:
    return ask(ReportSplit, **ORDER, parcel_id="P-1", parts=parts, at=at(hours))


HALVES = split(part("P-2", A=1, B=1), part("P-3", A=1))


def order_after(*events: object) -> Order:
    order = stream_of("order/M-1/O-1", events)  # type: ignore[arg-type]
    assert isinstance(order, Order)
    return order


def halved(*before: object) -> Order:
    events = (*SENT, *before)
    event = given(*events).when(HALVES).event(ParcelSplit)  # type: ignore[arg-type]
    return order_after(*events, event)


def test_the_units_are_where_they_were_put() -> None:
    order = halved()
    assert [(j.parcel_id, j.qty) for j in order.parcels.journeys("A")] == [("P-2", 1), ("P-3", 1)]


def test_the_parts_left_when_the_whole_did() -> None:
    assert [j.dispatched_at for j in halved().parcels.journeys("A")] == [at(0), at(0)]


def test_a_signature_for_one_part_says_nothing_of_the_other() -> None:
    order = halved()
    order.apply(signed(hours=99, parcel_id="P-3"))
    assert [j.signed_at for j in order.parcels.journeys("A")] == [None, at(99)]


def test_nothing_is_left_to_send() -> None:
    assert [halved().unshipped(line) for line in ("A", "B")] == [0, 0]


def test_what_was_refunded_is_in_one_of_the_parts() -> None:
    order = halved(*refunded(parcel_id="P-1", A=1))
    assert [order.lines["A"].at(place).refunded for place in ("P-1", "P-2", "P-3")] == [0, 1, 0]


def test_a_case_about_all_units_is_decided_in_both_parts() -> None:
    asked, approved = refunded(parcel_id="P-1", A=2)
    event = given(*SENT, asked).when(HALVES).event(ParcelSplit)
    order = order_after(*SENT, asked, event, approved)
    assert [(order.lines["A"].at(p).asked, order.lines["A"].at(p).refunded) for p in ("P-2", "P-3")] == [(0, 1), (0, 1)]


def test_an_open_case_goes_along() -> None:
    order = halved(asked_back(parcel_id="P-1", A=2))
    assert [order.lines["A"].at(place).asked for place in ("P-2", "P-3")] == [1, 1]


def test_the_same_report_again_changes_nothing() -> None:
    event = given(*SENT).when(HALVES).event(ParcelSplit)
    given(*SENT, event).when(HALVES).then_nothing()


def test_no_more_moves_than_the_parcel_held() -> None:
    decided = given(*SENT).when(split(part("P-2", A=2, B=1), part("P-3", A=2)))
    order = order_after(*SENT, decided.event(ParcelSplit))
    assert sum(journey.qty for journey in order.parcels.journeys("A")) == 2


def test_more_than_the_parcel_held_is_flagged() -> None:
    decided = given(*SENT).when(split(part("P-2", A=2, B=1), part("P-3", A=2)))
    opened = decided.event(ReconciliationBreakOpened)
    assert (opened.expected, opened.actual) == ("held 2 of A, 1 of B", "split into 4 of A, 1 of B")


def test_a_line_named_twice_may_come_to_more_than_any_parcel_can_hold() -> None:
    twice = [{"line_id": "A", "qty": 1_000_000}, {"line_id": "A", "qty": 2}]
    opened = given(*SENT).when(split({"parcel_id": "P-2", "items": twice})).event(ReconciliationBreakOpened)
    assert opened.actual == "split into 1000002 of A"


def test_what_no_part_names_stays_where_it_was() -> None:
    decided = given(*SENT).when(split(part("P-2", A=1)))
    order = order_after(*SENT, decided.event(ParcelSplit))
    assert [(j.parcel_id, j.qty) for j in order.parcels.journeys("A")] == [("P-1", 1), ("P-2", 1)]


def test_a_parcel_nobody_packed_is_recorded_and_flagged() -> None:
    decided = given(*PAID).when(HALVES)
    assert decided.event(ReconciliationBreakOpened).kind == "unknown_parcel"


def test_each_part_is_released_when_it_is_signed_for() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2, B=1)
    scenario.submit("report_split", parcel_id="P-1", parts=[part("P-2", A=2), part("P-3", B=1)], at="2025-04-02T08:00Z")
    scenario.signed("P-3", at="2025-04-09T08:00Z")
    scenario.submit("release_settlement", at="2025-04-16T08:00Z")
    assert scenario.balance("2110") == -36000


def test_two_parts_under_one_number_are_flagged() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2)
    parts = [{"parcel_id": f"P-{n}", "items": [{"line_id": "A", "qty": 1}], "tracking_no": "S-1"} for n in (4, 5)]
    scenario.submit("report_split", parcel_id="P-1", parts=parts)
    assert scenario.breaks() == ["duplicate_tracking_no"]
