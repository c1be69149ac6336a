"""A provider may capture one authorisation in several steps and report what it has captured of it so far."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ledger.events.orders import OrderConfirmed
from ledger.events.payments import PaymentAllocated, PaymentCaptured
from tests.support.given import usd
from tests.support.orders import OrderStory, basket, capture
from tests.support.payments import held, settled_line, settles

FIRST, SECOND, ALL = "USD 30.00", "USD 50.00", "USD 69.44"


def so_far(amount: str, **other: Any) -> dict[str, Any]:
    return capture("ch-1", amount, cumulative=True, **other)


def captured(*amounts: str, story: OrderStory | None = None) -> OrderStory:
    story = story or held()
    for amount in amounts:
        story.tell("report_payment_captured", **so_far(amount))
    return story


def steps(story: OrderStory) -> list[str]:
    return [str(event.amount) for event in story.events if isinstance(event, PaymentCaptured)]


def test_the_difference_to_what_is_recorded_is_a_further_capture() -> None:
    story = captured(FIRST, SECOND, ALL)
    assert (steps(story), story.breaks()) == (["USD 30.00", "USD 20.00", "USD 19.44"], [])


def test_the_steps_pay_for_the_order_together_once_they_cover_it() -> None:
    story = captured(FIRST)
    assert story.order.confirmed is False
    decided = captured(ALL, story=story).events[-3:]
    assert [type(event) for event in decided] == [PaymentCaptured, PaymentAllocated, OrderConfirmed]
    assert [part.amount for part in story.event(PaymentAllocated).parts] == [usd("69.44")]


@pytest.mark.parametrize("order", [*permutations([FIRST, SECOND, ALL])])
def test_in_whatever_order_they_are_reported_all_of_it_is_captured_once(order: tuple[str, ...]) -> None:
    story = captured(*order, *order)
    assert (story.balance("1110", "USD"), story.order.confirmed, story.breaks()) == (69_44, True, [])


def test_without_cumulative_another_amount_is_still_a_contradiction() -> None:
    story = held()
    story.tell("report_payment_captured", **capture("ch-1", FIRST))
    story.tell("report_payment_captured", **capture("ch-1", ALL))
    assert (steps(story), story.breaks()) == ([FIRST], ["amount_mismatch"])


@pytest.mark.parametrize("other", [{"psp": "adyen"}, {"amount": "HKD 69.44"}])
def test_a_step_of_another_provider_or_currency_contradicts(other: dict[str, str]) -> None:
    story = captured(FIRST)
    story.tell("report_payment_captured", **so_far(ALL) | other)
    assert (steps(story), len(story.breaks())) == ([FIRST], 1)


def test_more_than_was_authorised_is_booked_and_a_break_and_the_first_step_still_pays() -> None:
    story = captured(ALL, "USD 75.00")
    assert (story.balance("1110", "USD"), story.order.confirmed, story.breaks()) == (
        75_00,
        True,
        ["unexpected_capture"],
    )


def test_each_step_is_settled_by_a_line_of_its_own_and_none_of_them_is_short() -> None:
    story = captured(FIRST, ALL)
    for number, gross in enumerate(("USD 39.44", "USD 30.00")):
        line = settled_line("ch-1", gross, "USD 0.00", gross) | {"psp_ref": f"txn-{number}"}
        story.tell("report_psp_settlement", **settles(line, batch_ref=f"po-{number}"))
    assert (story.balance("1110", "USD"), story.base("1110"), story.breaks()) == (0, 0, [])


def test_a_line_that_is_of_no_whole_step_is_short() -> None:
    story = captured(FIRST, ALL)
    story.tell("report_psp_settlement", **settles(settled_line("ch-1", "USD 29.00", "USD 0.00", "USD 29.00")))
    assert story.breaks() == ["amount_mismatch"]


def test_a_dispute_of_the_whole_charge_is_about_all_its_steps() -> None:
    story = captured(FIRST, ALL)
    story.tell("report_dispute_funds_withdrawn", dispute_id="dp-1", psp="stripe", capture_ref="ch-1", amount=ALL)
    assert story.breaks() == []


def test_a_capture_before_its_order_may_come_in_steps_too() -> None:
    story = captured(FIRST, ALL, story=OrderStory())
    story.tell("place_order", **basket())
    assert story.order.confirmed
