"""A provider that captures automatically never says so: its settlement report does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.events.payments import PaymentCaptured
from tests.support.given import usd
from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import HELD, held, rate, settled_line, settles

LINE = settled_line("PAY-1", "USD 69.44", "USD 2.31", "USD 67.13")
Step = Callable[[OrderScenario], Any]


def settled(scenario: OrderScenario) -> None:
    scenario.submit("report_psp_settlement", **settles(LINE))


def authorised(scenario: OrderScenario) -> None:
    scenario.submit("report_payment_authorised", **HELD)


def captured_under_another_name(scenario: OrderScenario) -> None:
    scenario.submit("report_payment_captured", **capture("cap-7"))


def reported(*steps: Step) -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    for step in steps:
        step(scenario)
    return scenario


def open_breaks(scenario: OrderScenario) -> list[str]:
    return [known.opened.kind for known in scenario.order.known_breaks.values() if known.is_open]


def test_a_settled_authorisation_was_captured_and_pays_for_its_order() -> None:
    scenario = reported(authorised, settled)
    captured = scenario.event(PaymentCaptured)
    assert (captured.capture_ref, captured.amount, captured.shown_by) == ("PAY-1", usd("69.44"), "po-1")
    assert (scenario.order.confirmed, scenario.balance("1110", "USD"), scenario.base("1110"), scenario.breaks()) == (
        True,
        0,
        0,
        [],
    )


def test_the_authorisation_may_be_reported_after_its_settlement() -> None:
    scenario = reported(settled, authorised)
    assert (scenario.order.confirmed, scenario.balance("1110", "USD"), open_breaks(scenario)) == (True, 0, [])


@pytest.mark.parametrize("steps", [(authorised, settled), (settled, authorised)])
def test_a_capture_that_is_reported_afterwards_is_the_same_one(steps: tuple[Step, ...]) -> None:
    scenario = reported(*steps, captured_under_another_name)
    assert (scenario.balance("1110", "USD"), open_breaks(scenario)) == (0, [])


def test_a_line_of_a_payment_whose_capture_is_known_shows_no_second_one() -> None:
    scenario = reported(authorised, captured_under_another_name, settled)
    assert len([event for event in scenario.events if isinstance(event, PaymentCaptured)]) == 1


def test_a_line_in_another_currency_shows_that_all_of_the_hold_was_captured() -> None:
    scenario = held()
    line = settled_line("PAY-1", "HKD 540.00", "HKD 15.00", "HKD 525.00") | {"rate": hkd()}
    scenario.submit("report_psp_settlement", **settles(line))
    assert (scenario.event(PaymentCaptured).amount, scenario.balance("1110", "USD")) == (usd("69.44"), 0)


def hkd() -> dict[str, Any]:
    return rate("0.9200", "HKD")


@pytest.mark.parametrize("line", [LINE | {"reference": "PAY-2"}, LINE | {"kind": "refund"}])
def test_a_line_of_no_authorisation_shows_no_capture(line: dict[str, Any]) -> None:
    scenario = held()
    scenario.submit("report_psp_settlement", **settles(line))
    assert not [event for event in scenario.events if isinstance(event, PaymentCaptured)]


BESIDE = LINE | {"reference": "CAP-9", "also": ["PAY-1"]}


def settled_beside(scenario: OrderScenario) -> None:
    scenario.submit("report_psp_settlement", **settles(BESIDE))


def captured_like_its_payment(scenario: OrderScenario) -> None:
    scenario.submit("report_payment_captured", **capture("PAY-1") | {"payment_id": "PAY-1"})


def captured_by_its_own_name(scenario: OrderScenario) -> None:
    scenario.submit("report_payment_captured", **capture("CAP-9") | {"payment_id": "PAY-1"})


@pytest.mark.parametrize(
    "steps",
    [
        (authorised, settled_beside),
        (authorised, settled_beside, captured_by_its_own_name),
        (authorised, settled_beside, captured_like_its_payment),
        (captured_like_its_payment, settled_beside),
        (authorised, captured_by_its_own_name, settled_beside),
        (settled_beside, authorised, captured_by_its_own_name),
    ],
)
def test_a_line_that_names_the_payment_beside_the_capture_settles_the_one_that_is_known(
    steps: tuple[Step, ...],
) -> None:
    scenario = reported(*steps)
    assert (scenario.order.confirmed, open_breaks(scenario)) == (True, [])
    assert (scenario.balance("1110", "USD"), scenario.base("1110")) == (0, 0)
    assert len([event for event in scenario.events if isinstance(event, PaymentCaptured)]) == 1
