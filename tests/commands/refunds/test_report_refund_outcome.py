"""Providers' reports about refunds: paid, failed, reversed; twice, out of order, or without a request."""

from datetime import date
from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundReversed, RefundSucceeded
from ledger.fx import Rate
from tests.support.given import BUYER, PARTNER, RATES, cny, usd
from tests.support.orders import OrderScenario, after_days, basket, capture

LATER = Rate("USD", "CNY", "7.1600", "book", "test", date(2025, 4, 5))


def submitted(*, parts: tuple[str, ...] = ("USD 69.44",)) -> OrderScenario:
    """A fully refunded order at 7.1800, submitted; from 5 April on a dollar is 7.1600."""
    scenario = OrderScenario(express=True, rates=(*RATES, LATER))
    scenario.submit("place_order", **basket())
    for n, amount in enumerate(parts, start=1):
        scenario.submit("report_payment_captured", **capture(f"cap-{n}", amount))
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    scenario.submit("submit_refund", refund_id="R-1")
    return scenario


def submit(scenario: OrderScenario, outcome: str, amount: str = "USD 69.44", **other: Any) -> list[Event]:
    names: dict[str, Any] = {"attempt_id": "R-1.1", "psp": "stripe", "psp_refund_ref": "re-1"} | other
    reported: dict[str, Any] = {"outcome": outcome, "amount": amount, "at": after_days(10)} | names
    return scenario.submit("report_refund_outcome", by=PARTNER, **reported)


def test_a_paid_refund_leaves_nothing_owed_to_the_buyer() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)


def test_the_rate_since_the_approval_is_a_gain_or_loss() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    paid = scenario.event(RefundSucceeded)
    assert (paid.carried, paid.base, paid.fx) == (cny("498.58"), cny("497.19"), cny("-1.39"))


def test_a_refund_in_parts_leaves_nothing_owed_to_the_buyer() -> None:
    scenario = submitted(parts=("USD 23.15", "USD 23.15", "USD 23.14"))
    for n, amount in enumerate(("USD 23.15", "USD 23.15", "USD 23.14"), start=1):
        submit(scenario, "succeeded", amount, attempt_id=f"R-1.{n}", psp_refund_ref=f"re-{n}")
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)


def test_the_same_success_reported_again_is_nothing_new() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    assert submit(scenario, "succeeded") == []


def test_a_refund_is_also_found_by_the_providers_name_for_it() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    (back,) = submit(scenario, "reversed", attempt_id=None)
    assert isinstance(back, RefundReversed)


def test_a_failed_refund_stays_owed_to_the_buyer() -> None:
    scenario = submitted()
    (failed,) = submit(scenario, "failed", code="card_closed")
    assert isinstance(failed, RefundFailed)
    assert scenario.balance("2210", "USD") == -69_44


def test_the_same_failure_reported_again_is_nothing_new() -> None:
    scenario = submitted()
    submit(scenario, "failed")
    assert submit(scenario, "failed") == []


@pytest.mark.parametrize("outcome", ["reversed", "failed"])
def test_a_paid_refund_that_comes_back_is_reinstated_at_what_it_was(outcome: str) -> None:
    scenario = submitted()
    submit(scenario, "succeeded", at=after_days(1))
    submit(scenario, outcome)
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (-69_44, -498_58)
    assert scenario.event(RefundReversed).fx == cny("1.39")


def test_a_success_reported_after_it_came_back_is_old_news() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    submit(scenario, "reversed")
    assert submit(scenario, "succeeded") == []


def test_what_came_back_and_is_paid_again_leaves_nothing_owed() -> None:
    scenario = submitted()
    submit(scenario, "succeeded", at=after_days(1))
    submit(scenario, "reversed")
    scenario.submit("submit_refund", refund_id="R-1")
    submit(scenario, "succeeded", attempt_id="R-1.2", psp_refund_ref="re-2", at=after_days(11))
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)


def test_a_failure_may_turn_out_to_have_been_a_success() -> None:
    scenario = submitted()
    submit(scenario, "failed")
    submit(scenario, "succeeded", at=after_days(11))
    assert scenario.order.cases["R-1"].unsubmitted == usd("0.00")


def test_a_second_payment_of_a_refund_is_booked_and_flagged() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    submit(scenario, "succeeded", psp_refund_ref="re-2")
    assert (scenario.breaks(), scenario.balance("1110", "USD")) == (["double_refund"], -69_44)


def test_a_second_payment_reported_again_is_nothing_new() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    submit(scenario, "succeeded", psp_refund_ref="re-2")
    assert submit(scenario, "succeeded", psp_refund_ref="re-2") == []


def test_a_second_payment_that_comes_back_leaves_the_first() -> None:
    scenario = submitted()
    submit(scenario, "succeeded")
    submit(scenario, "succeeded", psp_refund_ref="re-2")
    submit(scenario, "reversed", psp_refund_ref="re-2")
    assert (scenario.balance("2210", "USD"), scenario.order.cases["R-1"].paid) == (0, usd("69.44"))


def test_a_late_success_of_what_was_paid_another_time_is_a_double_refund() -> None:
    scenario = submitted()
    submit(scenario, "failed")
    scenario.submit("submit_refund", refund_id="R-1")
    submit(scenario, "succeeded", attempt_id="R-1.2", psp_refund_ref="re-2")
    submit(scenario, "succeeded", psp_refund_ref="re-1", at=after_days(11))
    assert (scenario.breaks(), scenario.balance("1110", "USD")) == (["double_refund"], -69_44)


def test_another_amount_than_submitted_posts_nothing() -> None:
    scenario = submitted()
    submit(scenario, "succeeded", "USD 69.45")
    assert (scenario.breaks(), scenario.balance("2210", "USD")) == (["amount_mismatch"], -69_44)


@pytest.mark.parametrize(("outcome", "receivable"), [("succeeded", -5_00), ("reversed", 0), ("failed", 0)])
def test_a_refund_nobody_asked_for_is_booked_and_flagged(outcome: str, receivable: int) -> None:
    scenario = OrderScenario()
    submit(scenario, outcome, "USD 5.00", attempt_id=None)
    assert (scenario.breaks(), scenario.balance("1110", "USD")) == (["fact_contradicts_state"], receivable)


def test_a_refund_nobody_asked_for_is_booked_once() -> None:
    scenario = OrderScenario()
    submit(scenario, "succeeded", "USD 5.00", attempt_id=None)
    assert submit(scenario, "succeeded", "USD 5.00", attempt_id=None) == []


def test_an_outcome_names_the_refund_in_some_way() -> None:
    with pytest.raises(ValueError, match="psp_refund_ref"):
        submit(OrderScenario(), "succeeded", attempt_id=None, psp_refund_ref="")


def test_a_success_reported_after_its_failure_leaves_the_money_owed() -> None:
    scenario = submitted()
    submit(scenario, "failed", at=after_days(10))
    paid, back = submit(scenario, "succeeded", at=after_days(1))
    assert isinstance(paid, RefundSucceeded)
    assert isinstance(back, RefundReversed)
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.base("5210")) == (-69_44, -498_58, 1_39)
    assert (scenario.order.cases["R-1"].unsubmitted, scenario.breaks()) == (usd("69.44"), [])


def test_what_came_back_is_booked_on_the_day_it_came_back() -> None:
    scenario = submitted()
    submit(scenario, "failed", at=after_days(10))
    _, back = submit(scenario, "succeeded", at=after_days(1))
    assert back.posts_on == date(2025, 4, 11)


def test_a_success_reported_after_its_failure_is_reported_once() -> None:
    scenario = submitted()
    submit(scenario, "failed", at=after_days(10))
    submit(scenario, "succeeded", at=after_days(1))
    assert submit(scenario, "succeeded", at=after_days(1)) == []


def test_a_success_reported_after_its_failure_stops_no_second_payment() -> None:
    scenario = submitted()
    submit(scenario, "failed", at=after_days(10))
    scenario.submit("submit_refund", refund_id="R-1")
    submit(scenario, "succeeded", attempt_id="R-1.2", psp_refund_ref="re-2", at=after_days(11))
    submit(scenario, "succeeded", at=after_days(1))
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.breaks()) == (0, 0, [])
    assert submit(scenario, "succeeded", at=after_days(1)) == []


def test_a_failure_reported_after_a_success_that_happened_later_is_without_effect() -> None:
    scenario = submitted()
    submit(scenario, "succeeded", at=after_days(10))
    (failed,) = submit(scenario, "failed", at=after_days(1))
    assert isinstance(failed, RefundFailed)
    assert (failed.without_effect, scenario.balance("2210", "USD")) == (True, 0)
    assert submit(scenario, "failed", at=after_days(1)) == []


def test_the_providers_name_of_a_refund_is_kept_when_its_failure_does_not_say_it() -> None:
    scenario = submitted()
    submit(scenario, "succeeded", at=after_days(1))
    submit(scenario, "failed", psp_refund_ref="")
    assert submit(scenario, "succeeded", at=after_days(1)) == []


def test_a_refund_nobody_asked_for_that_failed_after_it_was_paid_has_come_back() -> None:
    scenario = OrderScenario()
    submit(scenario, "succeeded", "USD 5.00", attempt_id=None)
    submit(scenario, "failed", "USD 5.00", attempt_id=None)
    assert scenario.balance("1110", "USD") == 0


def test_a_part_that_comes_back_after_a_double_payment_leaves_nothing_in_cny_either() -> None:
    parts = ("USD 23.15", "USD 23.15", "USD 23.14")
    scenario = submitted(parts=parts)
    for n, amount in enumerate(parts, start=1):
        submit(scenario, "succeeded", amount, attempt_id=f"R-1.{n}", psp_refund_ref=f"re-{n}")
    submit(scenario, "succeeded", parts[0], attempt_id="R-1.1", psp_refund_ref="re-9")
    submit(scenario, "reversed", parts[1], attempt_id="R-1.2", psp_refund_ref="re-2")
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)
