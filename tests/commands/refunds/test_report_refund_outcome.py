"""What providers say of refunds: paid, failed, come back; twice, out of order, or never asked for."""

from datetime import date
from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundReversed, RefundSucceeded
from ledger.fx import Rate
from tests.support.given import BUYER, PARTNER, RATES, cny, usd
from tests.support.orders import OrderStory, after_days, basket, capture

LATER = Rate("USD", "CNY", "7.1600", "book", "test", date(2025, 4, 5))


def submitted(*, parts: tuple[str, ...] = ("USD 69.44",)) -> OrderStory:
    """A fully refunded order at 7.1800, submitted; from 5 April on a dollar is 7.1600."""
    story = OrderStory(express=True, rates=(*RATES, LATER))
    story.tell("place_order", **basket())
    for n, amount in enumerate(parts, start=1):
        story.tell("report_payment_captured", **capture(f"cap-{n}", amount))
    story.tell("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    story.tell("submit_refund", refund_id="R-1")
    return story


def tell(story: OrderStory, outcome: str, amount: str = "USD 69.44", **other: Any) -> list[Event]:
    names: dict[str, Any] = {"submission_id": "R-1.1", "psp": "stripe", "psp_refund_ref": "re-1"} | other
    told: dict[str, Any] = {"outcome": outcome, "amount": amount, "at": after_days(10)} | names
    return story.tell("report_refund_outcome", by=PARTNER, **told)


def test_a_paid_refund_leaves_nothing_owed_to_the_buyer() -> None:
    story = submitted()
    tell(story, "succeeded")
    assert (story.balance("2210", "USD"), story.base("2210")) == (0, 0)


def test_the_rate_since_the_approval_is_a_gain_or_loss() -> None:
    story = submitted()
    tell(story, "succeeded")
    paid = story.event(RefundSucceeded)
    assert (paid.carried, paid.base, paid.fx) == (cny("498.58"), cny("497.19"), cny("-1.39"))


def test_a_refund_in_parts_leaves_nothing_owed_to_the_buyer() -> None:
    story = submitted(parts=("USD 23.15", "USD 23.15", "USD 23.14"))
    for n, amount in enumerate(("USD 23.15", "USD 23.15", "USD 23.14"), start=1):
        tell(story, "succeeded", amount, submission_id=f"R-1.{n}", psp_refund_ref=f"re-{n}")
    assert (story.balance("2210", "USD"), story.base("2210")) == (0, 0)


def test_the_same_success_told_again_is_nothing_new() -> None:
    story = submitted()
    tell(story, "succeeded")
    assert tell(story, "succeeded") == []


def test_a_refund_is_also_found_by_the_providers_name_for_it() -> None:
    story = submitted()
    tell(story, "succeeded")
    (back,) = tell(story, "reversed", submission_id=None)
    assert isinstance(back, RefundReversed)


def test_a_failed_refund_stays_owed_to_the_buyer() -> None:
    story = submitted()
    (failed,) = tell(story, "failed", code="card_closed")
    assert isinstance(failed, RefundFailed)
    assert story.balance("2210", "USD") == -69_44


def test_the_same_failure_told_again_is_nothing_new() -> None:
    story = submitted()
    tell(story, "failed")
    assert tell(story, "failed") == []


@pytest.mark.parametrize("outcome", ["reversed", "failed"])
def test_a_paid_refund_that_comes_back_is_owed_again_at_what_it_was(outcome: str) -> None:
    story = submitted()
    tell(story, "succeeded", at=after_days(1))
    tell(story, outcome)
    assert (story.balance("2210", "USD"), story.base("2210")) == (-69_44, -498_58)
    assert story.event(RefundReversed).fx == cny("1.39")


def test_a_success_told_after_it_came_back_is_old_news() -> None:
    story = submitted()
    tell(story, "succeeded")
    tell(story, "reversed")
    assert tell(story, "succeeded") == []


def test_what_came_back_and_is_paid_again_leaves_nothing_owed() -> None:
    story = submitted()
    tell(story, "succeeded", at=after_days(1))
    tell(story, "reversed")
    story.tell("submit_refund", refund_id="R-1")
    tell(story, "succeeded", submission_id="R-1.2", psp_refund_ref="re-2", at=after_days(11))
    assert (story.balance("2210", "USD"), story.base("2210")) == (0, 0)


def test_a_failure_may_turn_out_to_have_been_a_success() -> None:
    story = submitted()
    tell(story, "failed")
    tell(story, "succeeded", at=after_days(11))
    assert story.order.cases["R-1"].unsubmitted == usd("0.00")


def test_a_second_payment_of_a_refund_is_booked_and_flagged() -> None:
    story = submitted()
    tell(story, "succeeded")
    tell(story, "succeeded", psp_refund_ref="re-2")
    assert (story.breaks(), story.balance("1110", "USD")) == (["double_refund"], -69_44)


def test_a_second_payment_told_again_is_nothing_new() -> None:
    story = submitted()
    tell(story, "succeeded")
    tell(story, "succeeded", psp_refund_ref="re-2")
    assert tell(story, "succeeded", psp_refund_ref="re-2") == []


def test_a_second_payment_that_comes_back_leaves_the_first() -> None:
    story = submitted()
    tell(story, "succeeded")
    tell(story, "succeeded", psp_refund_ref="re-2")
    tell(story, "reversed", psp_refund_ref="re-2")
    assert (story.balance("2210", "USD"), story.order.cases["R-1"].paid) == (0, usd("69.44"))


def test_a_late_success_of_what_was_paid_another_time_is_a_double_refund() -> None:
    story = submitted()
    tell(story, "failed")
    story.tell("submit_refund", refund_id="R-1")
    tell(story, "succeeded", submission_id="R-1.2", psp_refund_ref="re-2")
    tell(story, "succeeded", psp_refund_ref="re-1", at=after_days(11))
    assert (story.breaks(), story.balance("1110", "USD")) == (["double_refund"], -69_44)


def test_another_amount_than_submitted_posts_nothing() -> None:
    story = submitted()
    tell(story, "succeeded", "USD 69.45")
    assert (story.breaks(), story.balance("2210", "USD")) == (["amount_mismatch"], -69_44)


@pytest.mark.parametrize(("outcome", "receivable"), [("succeeded", -5_00), ("reversed", 5_00), ("failed", 0)])
def test_a_refund_nobody_asked_for_is_booked_and_flagged(outcome: str, receivable: int) -> None:
    story = OrderStory()
    tell(story, outcome, "USD 5.00", submission_id=None)
    assert (story.breaks(), story.balance("1110", "USD")) == (["fact_contradicts_state"], receivable)


def test_a_refund_nobody_asked_for_is_booked_once() -> None:
    story = OrderStory()
    tell(story, "succeeded", "USD 5.00", submission_id=None)
    assert tell(story, "succeeded", "USD 5.00", submission_id=None) == []


def test_an_outcome_names_the_refund_in_some_way() -> None:
    with pytest.raises(ValueError, match="psp_refund_ref"):
        tell(OrderStory(), "succeeded", submission_id=None, psp_refund_ref="")


def test_a_success_told_after_its_failure_leaves_the_money_owed() -> None:
    story = submitted()
    tell(story, "failed", at=after_days(10))
    paid, back = tell(story, "succeeded", at=after_days(1))
    assert isinstance(paid, RefundSucceeded)
    assert isinstance(back, RefundReversed)
    assert (story.balance("2210", "USD"), story.base("2210"), story.base("5210")) == (-69_44, -498_58, 1_39)
    assert (story.order.cases["R-1"].unsubmitted, story.breaks()) == (usd("69.44"), [])


def test_what_came_back_is_booked_on_the_day_it_came_back() -> None:
    story = submitted()
    tell(story, "failed", at=after_days(10))
    _, back = tell(story, "succeeded", at=after_days(1))
    assert back.posts_on == date(2025, 4, 11)


def test_a_success_told_after_its_failure_is_told_once() -> None:
    story = submitted()
    tell(story, "failed", at=after_days(10))
    tell(story, "succeeded", at=after_days(1))
    assert tell(story, "succeeded", at=after_days(1)) == []


def test_a_success_told_after_its_failure_stops_no_second_payment() -> None:
    story = submitted()
    tell(story, "failed", at=after_days(10))
    story.tell("submit_refund", refund_id="R-1")
    tell(story, "succeeded", submission_id="R-1.2", psp_refund_ref="re-2", at=after_days(11))
    tell(story, "succeeded", at=after_days(1))
    assert (story.balance("2210", "USD"), story.base("2210"), story.breaks()) == (0, 0, [])
    assert tell(story, "succeeded", at=after_days(1)) == []


def test_a_failure_told_after_a_success_that_happened_later_is_only_noted() -> None:
    story = submitted()
    tell(story, "succeeded", at=after_days(10))
    (failed,) = tell(story, "failed", at=after_days(1))
    assert isinstance(failed, RefundFailed)
    assert (failed.only_noted, story.balance("2210", "USD")) == (True, 0)
    assert tell(story, "failed", at=after_days(1)) == []


def test_the_providers_name_of_a_refund_is_kept_when_its_failure_does_not_say_it() -> None:
    story = submitted()
    tell(story, "succeeded", at=after_days(1))
    tell(story, "failed", psp_refund_ref="")
    assert tell(story, "succeeded", at=after_days(1)) == []


def test_a_refund_nobody_asked_for_that_failed_after_it_was_paid_has_come_back() -> None:
    story = OrderStory()
    tell(story, "succeeded", "USD 5.00", submission_id=None)
    tell(story, "failed", "USD 5.00", submission_id=None)
    assert story.balance("1110", "USD") == 0
