"""Captures are compared with the capture requests, one by one and in sum."""

from __future__ import annotations

import pytest

from tests.support.given import PARTNER
from tests.support.orders import OrderScenario, capture
from tests.support.payments import HELD, held

Opened = list[tuple[str, str, str]]


def asked(*amounts: str) -> OrderScenario:
    scenario = held()
    for amount in amounts:
        scenario.submit("capture_payment", payment_id="PAY-1", amount=amount)
    return scenario


def captured(scenario: OrderScenario, *amounts: str) -> Opened:
    """The breaks that are open after these captures."""
    for amount in amounts:
        ref = f"cap-{len(scenario.order.payments.captures)}"
        scenario.submit("report_payment_captured", by=PARTNER, **capture(ref, amount))
    known = [each.opened for each in scenario.order.known_breaks.values() if each.is_open]
    return [(opened.kind, opened.expected, opened.actual) for opened in known]


def test_a_capture_of_less_than_was_asked_for_is_a_break() -> None:
    assert captured(asked("USD 40.00"), "USD 30.00") == [("amount_mismatch", "USD 40.00", "USD 30.00")]


def test_a_capture_of_more_than_was_asked_for_is_a_break() -> None:
    assert captured(asked("USD 40.00"), "USD 45.00") == [("amount_mismatch", "USD 40.00", "USD 45.00")]


def test_a_further_capture_than_was_asked_for_is_a_break() -> None:
    scenario = asked("USD 40.00")
    assert captured(scenario, "USD 40.00") == []
    assert captured(scenario, "USD 10.00") == [("amount_mismatch", "USD 40.00", "USD 50.00")]


@pytest.mark.parametrize(
    "amounts",
    [("USD 69.44",), ("USD 40.00", "USD 29.44"), ("USD 29.44", "USD 40.00"), ("USD 60.00", "USD 9.44")],
    ids=" then ".join,
)
def test_captures_that_come_to_the_sum_of_all_requests_leave_no_break_and_no_request(amounts: tuple[str, ...]) -> None:
    scenario = asked("USD 40.00", "USD 29.44")
    assert captured(scenario, *amounts) == []
    assert scenario.order.payments.authorizations["PAY-1"].requested == {}


def test_the_break_is_over_when_the_rest_is_captured_and_the_other_request_still_waits() -> None:
    scenario = asked("USD 40.00", "USD 29.44")
    assert captured(scenario, "USD 30.00") == [("amount_mismatch", "USD 40.00", "USD 30.00")]
    assert captured(scenario, "USD 10.00") == []
    assert [str(amount) for amount in scenario.order.payments.authorizations["PAY-1"].requested.values()] == [
        "USD 29.44"
    ]


def test_a_capture_that_nobody_asked_for_is_measured_against_the_order_alone() -> None:
    assert captured(held(), "USD 69.44") == []


def test_what_was_captured_before_anybody_asked_is_no_answer() -> None:
    scenario = held()
    assert captured(scenario, "USD 30.00") == []
    scenario.submit("capture_payment", payment_id="PAY-1")
    assert captured(scenario, "USD 39.44") == []


def test_a_request_that_failed_and_one_that_succeeded_after_it_are_measured_as_one() -> None:
    scenario = asked("USD 40.00")
    scenario.submit("report_payment_failed", by=PARTNER, **HELD | {"amount": "USD 40.00", "code": "R01"})
    scenario.submit("capture_payment", payment_id="PAY-1", amount="USD 40.00")
    assert captured(scenario, "USD 40.00") == []


def test_a_capture_that_failed_afterwards_is_asked_for_again() -> None:
    scenario = asked("USD 40.00")
    captured(scenario, "USD 40.00")
    scenario.submit("report_payment_failed", by=PARTNER, **capture("cap-0", "USD 40.00"), code="R01")
    scenario.submit("capture_payment", payment_id="PAY-1", amount="USD 40.00")
    assert captured(scenario, "USD 40.00") == []


def test_a_running_total_answers_requests_step_by_step() -> None:
    scenario = asked("USD 40.00", "USD 29.44")
    for so_far in ("USD 40.00", "USD 69.44"):
        scenario.submit("report_payment_captured", by=PARTNER, **capture("cap-0", so_far), cumulative=True)
    assert captured(scenario) == []
