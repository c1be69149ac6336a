"""Rounds of approval."""

from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved, RefundRoundApproved
from ledger.refusals.catalogue import CaseClosed, CaseNotFound, Refusal, RoleNotAllowed, SameApprover, WrongRound
from tests.support.given import BUYER, MERCHANT, PLATFORM
from tests.support.orders import OrderScenario, after_days

MERCHANT_AT_THE_PLATFORM = Actor(kind="platform", id=MERCHANT.id, role="platform_cs")


def waiting(**reported: Any) -> OrderScenario:
    scenario = OrderScenario().paid()
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", **reported)
    return scenario


def approve(scenario: OrderScenario, n: int, by: Actor) -> list[Event]:
    return scenario.submit("approve_refund", by=by, refund_id="R-1", round=n)


def refused(scenario: OrderScenario, n: int, by: Actor) -> Refusal:
    return scenario.refusal("approve_refund", by=by, refund_id="R-1", round=n)


def test_the_merchants_yes_is_the_first_of_two() -> None:
    (first,) = approve(waiting(), 1, MERCHANT)
    assert isinstance(first, RefundRoundApproved)


def test_the_platforms_yes_settles_the_money() -> None:
    scenario = waiting()
    approve(scenario, 1, MERCHANT)
    decided = approve(scenario, 2, PLATFORM)
    assert [type(event) for event in decided] == [RefundRoundApproved, RefundApproved, OrderCompleted]
    assert (scenario.balance("2110"), scenario.balance("2210", "USD")) == (0, -69_44)


def test_rounds_are_decided_in_order() -> None:
    refusal = refused(waiting(), 2, PLATFORM)
    assert isinstance(refusal, WrongRound)
    assert refusal.expected == 1


def test_the_first_round_is_the_merchants() -> None:
    assert isinstance(refused(waiting(), 1, PLATFORM), RoleNotAllowed)


def test_the_second_round_is_not_the_merchants() -> None:
    scenario = waiting()
    approve(scenario, 1, MERCHANT)
    other = MERCHANT.model_copy(update={"id": "other"})
    assert isinstance(refused(scenario, 2, other), RoleNotAllowed)


def test_one_person_does_not_decide_both_rounds() -> None:
    scenario = waiting()
    approve(scenario, 1, MERCHANT)
    assert isinstance(refused(scenario, 2, MERCHANT_AT_THE_PLATFORM), SameApprover)


def test_a_closed_case_is_not_approved() -> None:
    scenario = waiting()
    scenario.submit("reject_refund", by=MERCHANT, refund_id="R-1", round=1, reason="packed_already")
    assert isinstance(refused(scenario, 1, MERCHANT), CaseClosed)


def test_a_case_that_is_not_there_is_not_approved() -> None:
    assert isinstance(refused(OrderScenario().paid(), 1, MERCHANT), CaseNotFound)


def test_what_never_arrived_is_the_platforms_loss_and_released_at_once() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1).received()
    scenario.submit("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(21), refund_id="R-1", round=1)
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.base("5150")) == (0, -475_00, 498_58)


def test_what_never_reached_the_warehouse_is_the_merchants_loss_as_if_it_were_reported_lost() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(21), refund_id="R-1", round=1)
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.base("5150")) == (0, 0, 0)


def test_the_reviewer_may_say_who_bears_it() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1).received()
    scenario.submit("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    reported: dict[str, Any] = {"refund_id": "R-1", "round": 1, "liability": "merchant"}
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(21), **reported)
    assert (scenario.balance("2110"), scenario.base("5150")) == (0, 0)


def test_the_last_approval_brings_the_charges_back() -> None:
    scenario = OrderScenario().paid(
        charges=[{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}], buyer_total="USD 74.44"
    )
    for refund_id, line_id, qty in (("R-1", "A", 2), ("R-2", "B", 1)):
        lines = [{"line_id": line_id, "qty": qty}]
        scenario.submit("request_refund", by=BUYER, refund_id=refund_id, reason="changed_mind", lines=lines)
    for refund_id in ("R-1", "R-2"):
        scenario.submit("approve_refund", by=MERCHANT, refund_id=refund_id, round=1)
        scenario.submit("approve_refund", by=PLATFORM, refund_id=refund_id, round=2)
    assert (scenario.balance("4220", "USD"), scenario.base("4220")) == (0, 0)
