"""A buyer's payment that stays too little for its order is a break once its time is over, until the rest comes."""

from __future__ import annotations

from datetime import timedelta

from ledger.events.settlement import ReconciliationBreakOpened, ReconciliationBreakResolved
from ledger.refusals.payments import CaptureNotOverdue
from tests.support.given import NOW
from tests.support.orders import OrderScenario, basket, capture

OVERDUE = NOW + timedelta(minutes=30)


def paid_in_part(amount: str = "USD 60.00") -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(amount=amount))
    return scenario


def flagged(scenario: OrderScenario) -> list[tuple[str, str, str]]:
    events = scenario.submit("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE)
    return [(e.kind, e.expected, e.actual) for e in events if isinstance(e, ReconciliationBreakOpened)]


def test_a_part_of_the_payment_is_no_break_while_the_rest_may_come() -> None:
    scenario = paid_in_part()
    refusal = scenario.refusal("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE - timedelta(seconds=1))
    assert isinstance(refusal, CaptureNotOverdue)
    assert scenario.breaks() == []


def test_a_payment_that_stays_short_is_a_break_with_what_was_due_and_what_came() -> None:
    assert flagged(paid_in_part()) == [("amount_mismatch", "USD 69.44", "USD 60.00")]


def test_a_payment_that_stays_short_is_flagged_once() -> None:
    scenario = paid_in_part()
    flagged(scenario)
    assert flagged(scenario) == []


def test_the_break_is_over_when_the_rest_is_captured() -> None:
    scenario = paid_in_part()
    flagged(scenario)
    events = scenario.submit("report_payment_captured", **capture("cap-2", "USD 9.44"), at=OVERDUE)
    (resolved,) = (event for event in events if isinstance(event, ReconciliationBreakResolved))
    assert (resolved.expected, resolved.resolution) == ("USD 69.44", "rest_came_later")


def test_the_break_is_over_when_what_is_left_of_the_order_costs_no_more() -> None:
    scenario = paid_in_part("USD 50.00")
    flagged(scenario)
    events = scenario.submit("cancel_order", reason="out_of_stock", lines=[{"line_id": "B", "qty": 1}], at=OVERDUE)
    assert [event.expected for event in events if isinstance(event, ReconciliationBreakResolved)] == ["USD 69.44"]


def test_another_part_that_is_still_too_little_leaves_the_break_open() -> None:
    scenario = paid_in_part()
    flagged(scenario)
    events = scenario.submit("report_payment_captured", **capture("cap-2", "USD 1.00"), at=OVERDUE)
    assert not any(isinstance(event, ReconciliationBreakResolved) for event in events)


def test_a_payment_that_is_enough_is_not_flagged() -> None:
    assert flagged(paid_in_part("USD 69.44")) == []


def test_a_short_payment_of_a_cancelled_order_is_flagged_as_unexpected_alone() -> None:
    scenario = paid_in_part()
    scenario.submit("cancel_order", reason="out_of_stock")
    assert flagged(scenario) == []
    assert scenario.breaks() == ["unexpected_capture"]
