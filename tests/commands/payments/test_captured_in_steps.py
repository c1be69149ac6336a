"""A provider may capture one authorisation in several steps and report what it has captured of it so far."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ledger.events.orders import OrderConfirmed
from ledger.events.payments import PaymentAllocated, PaymentCaptured
from tests.support.given import usd
from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import held, settled_line, settles

FIRST, SECOND, ALL = "USD 30.00", "USD 50.00", "USD 69.44"


def so_far(amount: str, **other: Any) -> dict[str, Any]:
    return capture("ch-1", amount, cumulative=True, **other)


def captured(*amounts: str, scenario: OrderScenario | None = None) -> OrderScenario:
    scenario = scenario or held()
    for amount in amounts:
        scenario.submit("report_payment_captured", **so_far(amount))
    return scenario


def steps(scenario: OrderScenario) -> list[str]:
    return [str(event.amount) for event in scenario.events if isinstance(event, PaymentCaptured)]


def test_the_difference_to_what_is_recorded_is_a_further_capture() -> None:
    scenario = captured(FIRST, SECOND, ALL)
    assert (steps(scenario), scenario.breaks()) == (["USD 30.00", "USD 20.00", "USD 19.44"], [])


def test_the_steps_pay_for_the_order_together_once_they_cover_it() -> None:
    scenario = captured(FIRST)
    assert scenario.order.confirmed is False
    decided = captured(ALL, scenario=scenario).events[-3:]
    assert [type(event) for event in decided] == [PaymentCaptured, PaymentAllocated, OrderConfirmed]
    assert [part.amount for part in scenario.event(PaymentAllocated).parts] == [usd("69.44")]


@pytest.mark.parametrize("order", [*permutations([FIRST, SECOND, ALL])])
def test_in_whatever_order_they_are_reported_all_of_it_is_captured_once(order: tuple[str, ...]) -> None:
    scenario = captured(*order, *order)
    assert (scenario.balance("1110", "USD"), scenario.order.confirmed, scenario.breaks()) == (69_44, True, [])


def test_without_cumulative_another_amount_is_still_a_contradiction() -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture("ch-1", FIRST))
    scenario.submit("report_payment_captured", **capture("ch-1", ALL))
    assert (steps(scenario), scenario.breaks()) == ([FIRST], ["amount_mismatch"])


@pytest.mark.parametrize("other", [{"psp": "adyen"}, {"amount": "HKD 69.44"}])
def test_a_step_of_another_provider_or_currency_contradicts(other: dict[str, str]) -> None:
    scenario = captured(FIRST)
    scenario.submit("report_payment_captured", **so_far(ALL) | other)
    assert (steps(scenario), len(scenario.breaks())) == ([FIRST], 1)


def test_more_than_was_authorised_is_booked_and_a_break_and_the_first_step_still_pays() -> None:
    scenario = captured(ALL, "USD 75.00")
    assert (scenario.balance("1110", "USD"), scenario.order.confirmed, scenario.breaks()) == (
        75_00,
        True,
        ["unexpected_capture"],
    )


def test_each_step_is_settled_by_a_line_of_its_own_and_none_of_them_is_short() -> None:
    scenario = captured(FIRST, ALL)
    for number, gross in enumerate(("USD 39.44", "USD 30.00")):
        line = settled_line("ch-1", gross, "USD 0.00", gross) | {"psp_ref": f"txn-{number}"}
        scenario.submit("report_psp_settlement", **settles(line, batch_ref=f"po-{number}"))
    assert (scenario.balance("1110", "USD"), scenario.base("1110"), scenario.breaks()) == (0, 0, [])


def test_a_line_that_is_of_no_whole_step_is_short() -> None:
    scenario = captured(FIRST, ALL)
    scenario.submit("report_psp_settlement", **settles(settled_line("ch-1", "USD 29.00", "USD 0.00", "USD 29.00")))
    assert scenario.breaks() == ["amount_mismatch"]


def test_a_dispute_of_the_whole_charge_is_about_all_its_steps() -> None:
    scenario = captured(FIRST, ALL)
    scenario.submit("report_dispute_funds_withdrawn", dispute_id="dp-1", psp="stripe", capture_ref="ch-1", amount=ALL)
    assert scenario.breaks() == []


def test_a_capture_before_its_order_may_come_in_steps_too() -> None:
    scenario = captured(FIRST, ALL, scenario=OrderScenario())
    scenario.submit("place_order", **basket())
    assert scenario.order.confirmed
