"""Rounds of approval."""

from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved, RefundRoundApproved
from ledger.refusals.catalogue import CaseClosed, CaseNotFound, Refusal, RoleNotAllowed, SameApprover, WrongRound
from tests.support.given import BUYER, MERCHANT, PLATFORM
from tests.support.orders import OrderStory, after_days

MERCHANT_AT_THE_PLATFORM = Actor(kind="platform", id=MERCHANT.id, role="platform_cs")


def waiting(**told: Any) -> OrderStory:
    story = OrderStory().paid()
    story.tell("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", **told)
    return story


def approve(story: OrderStory, n: int, by: Actor) -> list[Event]:
    return story.tell("approve_refund", by=by, refund_id="R-1", round=n)


def refused(story: OrderStory, n: int, by: Actor) -> Refusal:
    return story.refusal("approve_refund", by=by, refund_id="R-1", round=n)


def test_the_merchants_yes_is_the_first_of_two() -> None:
    (first,) = approve(waiting(), 1, MERCHANT)
    assert isinstance(first, RefundRoundApproved)


def test_the_platforms_yes_settles_the_money() -> None:
    story = waiting()
    approve(story, 1, MERCHANT)
    decided = approve(story, 2, PLATFORM)
    assert [type(event) for event in decided] == [RefundRoundApproved, RefundApproved, OrderCompleted]
    assert (story.balance("2110"), story.balance("2210", "USD")) == (0, -69_44)


def test_rounds_are_decided_in_order() -> None:
    refusal = refused(waiting(), 2, PLATFORM)
    assert isinstance(refusal, WrongRound)
    assert refusal.expected == 1


def test_the_first_round_is_the_merchants() -> None:
    assert isinstance(refused(waiting(), 1, PLATFORM), RoleNotAllowed)


def test_the_second_round_is_not_the_merchants() -> None:
    story = waiting()
    approve(story, 1, MERCHANT)
    other = Actor(kind="merchant", id="other", role="merchant")
    assert isinstance(refused(story, 2, other), RoleNotAllowed)


def test_one_person_does_not_decide_both_rounds() -> None:
    story = waiting()
    approve(story, 1, MERCHANT)
    assert isinstance(refused(story, 2, MERCHANT_AT_THE_PLATFORM), SameApprover)


def test_a_closed_case_is_not_approved() -> None:
    story = waiting()
    story.tell("reject_refund", by=MERCHANT, refund_id="R-1", round=1, reason="packed_already")
    assert isinstance(refused(story, 1, MERCHANT), CaseClosed)


def test_a_case_that_is_not_there_is_not_approved() -> None:
    assert isinstance(refused(OrderStory().paid(), 1, MERCHANT), CaseNotFound)


def test_what_never_arrived_is_the_platforms_loss_and_released_at_once() -> None:
    story = OrderStory().paid().sent(A=2, B=1).received()
    story.tell("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    story.tell("approve_refund", by=PLATFORM, at=after_days(21), refund_id="R-1", round=1)
    assert (story.balance("2110"), story.balance("2120"), story.base("5150")) == (0, -475_00, 498_58)


def test_what_never_reached_the_warehouse_is_the_merchants_loss_as_if_it_were_reported_lost() -> None:
    story = OrderStory().paid().sent(A=2, B=1)
    story.tell("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    story.tell("approve_refund", by=PLATFORM, at=after_days(21), refund_id="R-1", round=1)
    assert (story.balance("2110"), story.balance("2120"), story.base("5150")) == (0, 0, 0)


def test_the_reviewer_may_say_who_bears_it() -> None:
    story = OrderStory().paid().sent(A=2, B=1).received()
    story.tell("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    told: dict[str, Any] = {"refund_id": "R-1", "round": 1, "liability": "merchant"}
    story.tell("approve_refund", by=PLATFORM, at=after_days(21), **told)
    assert (story.balance("2110"), story.base("5150")) == (0, 0)


def test_the_last_approval_brings_the_charges_back() -> None:
    story = OrderStory().paid(
        charges=[{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}], buyer_total="USD 74.44"
    )
    for refund_id, line_id, qty in (("R-1", "A", 2), ("R-2", "B", 1)):
        lines = [{"line_id": line_id, "qty": qty}]
        story.tell("request_refund", by=BUYER, refund_id=refund_id, reason="changed_mind", lines=lines)
    for refund_id in ("R-1", "R-2"):
        story.tell("approve_refund", by=MERCHANT, refund_id=refund_id, round=1)
        story.tell("approve_refund", by=PLATFORM, refund_id=refund_id, round=2)
    assert (story.balance("4220", "USD"), story.base("4220")) == (0, 0)
