"""Breaks that a later report explains: they close by themselves, and others stay open for a person."""

from __future__ import annotations

from typing import Any

import pytest

from commands.contradictions import A_RATE
from commands.explanations import A_CAPTURE, A_CAPTURE_THAT_FAILED, A_DISPUTE, A_PARCEL, LINES
from ledger.events.settlement import ReconciliationBreakResolved
from tests.support.given import RATES
from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import OF_DISPUTE, opened

BEFORE, LATER = "2025-03-31T08:00:00Z", "2025-05-01T08:00:00Z"
FREIGHT: dict[str, Any] = {"parcel_id": "P-1", "partner": "sf", "charge_ref": "sf-1", "amount": "CNY 62.00"}


def open_kinds(scenario: OrderScenario) -> list[str]:
    return [each.opened.kind for each in scenario.order.known_breaks.values() if each.is_open]


def placed() -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    return scenario


def test_a_dispute_before_its_capture_is_explained_by_the_capture() -> None:
    scenario = placed()
    scenario.submit("report_dispute_opened", **opened())
    assert open_kinds(scenario) == ["fact_contradicts_state"]
    scenario.submit("report_payment_captured", **capture())
    assert open_kinds(scenario) == []
    assert scenario.event(ReconciliationBreakResolved).resolution == "reported_later"


def test_a_dispute_that_named_no_capture_is_explained_once_a_later_report_names_it() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture())
    unnamed = {name: value for name, value in opened().items() if name != "capture_ref"}
    scenario.submit("report_dispute_opened", **unnamed)
    assert open_kinds(scenario) == ["fact_contradicts_state"]
    scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")
    assert open_kinds(scenario) == []


def test_a_capture_below_its_dispute_opens_the_same_break_in_either_order() -> None:
    first, second = placed(), placed()
    more = opened("USD 80.00")
    first.submit("report_dispute_opened", **more)
    first.submit("report_payment_captured", **capture())
    second.submit("report_payment_captured", **capture())
    second.submit("report_dispute_opened", **more)
    kinds = [each.opened.break_id for each in first.order.known_breaks.values() if each.is_open]
    assert kinds == list(second.order.known_breaks)
    assert open_kinds(first) == ["amount_mismatch"]


def test_the_lines_of_a_dispute_before_its_order_are_explained_by_the_order() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_dispute_opened", **opened(lines=[{"line_id": "A", "qty": 1}]))
    assert open_kinds(scenario) == ["fact_contradicts_state"]
    scenario.submit("place_order", **basket())
    assert open_kinds(scenario) == []


def test_lines_that_the_order_does_not_have_stay_a_break() -> None:
    scenario = OrderScenario()
    scenario.submit("report_dispute_opened", **opened(lines=[{"line_id": "Z", "qty": 1}]))
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture())
    assert open_kinds(scenario) == ["fact_contradicts_state"]


def test_a_failure_before_its_capture_is_explained_by_the_capture() -> None:
    scenario = placed()
    scenario.submit("report_payment_failed", **capture() | {"code": "R01"})
    assert open_kinds(scenario) == ["fact_contradicts_state"]
    scenario.submit("report_payment_captured", **capture())
    assert (open_kinds(scenario), scenario.balance("1110", "USD")) == ([], 0)


@pytest.mark.parametrize("name", ["record_logistics_charge", "report_tracking"])
def test_a_fact_of_a_parcel_that_nobody_packed_yet_is_explained_by_the_parcel(name: str) -> None:
    scenario = OrderScenario().paid()
    track = {"parcel_id": "P-1", "milestone": "received_at_warehouse", "warehouse_id": "W-1"}
    scenario.submit(name, **FREIGHT if name == "record_logistics_charge" else track)
    assert open_kinds(scenario) != []
    scenario.submit("create_parcel", parcel_id="P-1", items=[{"line_id": "A", "qty": 1}], warehouse_id="W-1")
    assert open_kinds(scenario) == []


@pytest.mark.parametrize(("captured_at", "left"), [(BEFORE, []), (LATER, ["fact_contradicts_state"])])
def test_a_dispatch_is_explained_by_a_payment_that_was_made_before_it(captured_at: str, left: list[str]) -> None:
    scenario = placed()
    scenario.submit(
        "report_dispatch",
        parcel_id="P-1",
        tracking_no="SF1",
        carrier="sf",
        items=[{"line_id": "A", "qty": 2}],
    )
    scenario.submit("report_payment_captured", **capture(), at=captured_at)
    assert [each for each in open_kinds(scenario) if each != "unknown_parcel"] == left


def test_a_fact_without_a_rate_is_explained_when_it_is_reported_again_and_booked() -> None:
    scenario = OrderScenario(rates=())
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_payment_captured", **capture("cap-2"))
    scenario.record_rates(RATES)
    scenario.submit("report_payment_captured", **capture())
    (left,) = (each.opened for each in scenario.order.known_breaks.values() if each.is_open)
    assert (left.kind, left.refs["capture_ref"]) == ("rate_missing", "cap-2")


@pytest.mark.parametrize("words", [A_CAPTURE, A_CAPTURE_THAT_FAILED, LINES, A_DISPUTE, A_PARCEL, A_RATE])
def test_a_break_that_a_timer_opens_in_the_same_words_waits_for_a_person_and_stops_no_report(words: str) -> None:
    scenario = placed()
    flag: dict[str, Any] = {"in_stream": scenario.order.name, "kind": "psp_line_missing", "expected": words, "refs": {}}
    scenario.submit("flag_missing_line", **flag)
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_dispute_opened", **opened())
    assert (open_kinds(scenario), scenario.order.status) == (["psp_line_missing"], "confirmed")
