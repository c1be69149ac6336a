"""Return for refund after signature: one review, with or without the goods back, in full or in part."""

from typing import Any

import pytest

from ledger.actors import Actor
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved, RefundRequested, RefundRoundApproved, ReturnAuthorized
from ledger.events.settlement import SettlementReleased
from ledger.policies.liability import Liability
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.after_sales import FullAmountOnly, ReturnNotAuthorized
from ledger.refusals.catalogue import (
    CaseAlreadyOpen,
    NotSignedFor,
    OpenCase,
    RefundExceedsRemaining,
    ReturnNotReceived,
    ReturnWindowClosed,
    RoleNotAllowed,
)
from tests.support.after_sales import SERVICE, approve, asked, cut, delivered, one, paid_back
from tests.support.given import BUYER, FINANCE, MERCHANT, PARTNER, SYSTEM, cny, usd
from tests.support.orders import OrderScenario, after_days


def returning(**reported: Any) -> OrderScenario:
    """B was delivered, and may be sent back until day 20."""
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, return_required=True, return_by=after_days(20), **reported)
    return scenario


def test_a_return_needs_one_review() -> None:
    scenario = asked(delivered(), lines=one("B"))
    assert scenario.event(RefundRequested).type == "return_refund"
    assert [type(event) for event in approve(scenario)] == [RefundRoundApproved, RefundApproved]


def test_goods_that_came_back_before_the_approval_are_not_waited_for() -> None:
    scenario = asked(delivered(), lines=one("B"))
    scenario.submit("report_return_received", by=PARTNER, refund_id="R-1", at=after_days(9))
    approve(scenario, return_required=True, return_by=after_days(20))
    assert not scenario.event(RefundApproved).return_required
    assert not [event for event in scenario.events if isinstance(event, ReturnAuthorized)]
    assert isinstance(
        scenario.refusal("expire_return", by=SYSTEM, refund_id="R-1", at=after_days(21)), ReturnNotAuthorized
    )


REVIEWERS = "support, merchant or importer"


@pytest.mark.parametrize(("actor", "needed"), [(MERCHANT, "support"), (FINANCE, REVIEWERS), (BUYER, REVIEWERS)])
def test_only_customer_service_reviews_a_return(actor: Actor, needed: str) -> None:
    scenario = asked(delivered(), lines=one("B"))
    refusal = scenario.refusal("approve_refund", by=actor, refund_id="R-1", round=1)
    assert isinstance(refusal, RoleNotAllowed)
    assert refusal.needed == needed


def test_an_approved_return_takes_the_list_price_back() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario)
    assert (scenario.balance("2110"), scenario.balance("2210", "USD")) == (-360_00, -19_44)


def test_part_of_the_amount_takes_its_share_of_the_list_price() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, lines=cut("B", "USD 9.72"))
    approval = scenario.event(RefundApproved)
    assert (approval.money.amount, approval.lines[0].from_pending, approval.lines[0].qty) == (
        usd("9.72"),
        cny("70.00"),
        0,
    )


def test_the_rest_of_a_unit_is_released_with_the_others() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, lines=cut("B", "USD 9.72"))
    scenario.submit("release_settlement", at=after_days(12))
    released = [event.gross for event in scenario.events if isinstance(event, SettlementReleased)]
    assert (released, scenario.balance("2110"), scenario.balance("2120")) == ([cny("360.00"), cny("70.00")], 0, -408_50)


def test_the_rest_of_a_unit_can_be_asked_back_later() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, lines=cut("B", "USD 9.72"))
    asked(scenario, "R-2", day=10, lines=one("B"))
    assert scenario.event(RefundRequested).amount == usd("9.72")


def test_many_part_refunds_of_a_unit_add_up_to_its_price() -> None:
    scenario = delivered()
    for n, amount in enumerate(("USD 3.33", "USD 3.33", "USD 3.33", "USD 9.45"), start=1):
        asked(scenario, f"R-{n}", lines=one("B"))
        approve(scenario, f"R-{n}", lines=cut("B", amount))
    book = scenario.order.lines["B"]
    assert (book.merchant_borne, book.base_back, scenario.balance("2110")) == (1, cny("139.58"), -360_00)
    assert (scenario.balance("2210", "USD"), scenario.base("4210")) == (-19_44, 1_00)


def test_part_refunds_before_and_after_the_release_take_the_fee_back_to_the_cent() -> None:
    scenario = delivered()
    for n, amount in enumerate(("USD 3.33", "USD 5.00", "USD 11.11"), start=1):
        asked(scenario, f"R-{n}", day=8 + 2 * n, lines=one("B"))
        approve(scenario, f"R-{n}", day=9 + 2 * n, lines=cut("B", amount))
        if n == 1:
            scenario.submit("release_settlement", at=after_days(12))
    book = scenario.order.lines["B"]
    assert (book.fee_back, book.gross_taken_back) == (book.fee_charged, book.gross_released)
    assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -342_00)


def test_no_more_is_approved_than_was_asked() -> None:
    scenario = asked(delivered(), lines=one("B"))
    reported: dict[str, Any] = {"refund_id": "R-1", "round": 1, "lines": cut("B", "USD 19.45")}
    assert isinstance(scenario.refusal("approve_refund", by=SERVICE, **reported), RefundExceedsRemaining)


def test_a_line_that_is_not_named_is_not_refunded() -> None:
    scenario = asked(delivered())
    approve(scenario, lines=cut("B", "USD 19.44"))
    assert {line_id: book.refunded for line_id, book in scenario.order.lines.items()} == {"A": 0, "B": 1}


def test_what_was_not_sent_is_refunded_at_its_full_price_only() -> None:
    scenario = OrderScenario().paid()
    asked(scenario, lines=one("B"))
    scenario.submit("approve_refund", by=MERCHANT, refund_id="R-1", round=1)
    reported: dict[str, Any] = {"refund_id": "R-1", "round": 2, "lines": cut("B", "USD 9.72")}
    assert isinstance(scenario.refusal("approve_refund", by=SERVICE, **reported), FullAmountOnly)


def test_a_part_the_platform_bears_is_goodwill_and_leaves_the_merchant_alone() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, lines=cut("B", "USD 9.72"), liability="platform")
    scenario.submit("release_settlement", at=after_days(12))
    assert (scenario.base("5160"), scenario.balance("2110"), scenario.balance("2120")) == (69_79, 0, -475_00)


def test_a_unit_that_both_paid_for_leaves_the_merchant_what_the_platform_bore() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, lines=cut("B", "USD 9.72"), liability="platform")
    asked(scenario, "R-2", lines=one("B"))
    approve(scenario, "R-2")
    scenario.submit("release_settlement", at=after_days(12))
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.order.completed) == (0, -408_50, True)


def test_a_fault_the_policy_calls_the_platforms_is_the_platforms() -> None:
    terms = {
        "before_warehouse": "merchant", "after_warehouse": "platform", "merchant_faults": [],
        "platform_faults": ["crushed"], "dispute_not_received": "platform",
        "dispute_product_unacceptable": "merchant", "dispute_other": "platform",
    }  # fmt: skip
    scenario = asked(delivered(policies=[Liability.model_validate(terms)]), lines=one("B"), reason="crushed")
    approve(scenario)
    assert scenario.event(RefundApproved).liability == "platform"


def test_when_the_goods_are_to_come_back_the_buyer_is_shown_until_when() -> None:
    authorized = returning().event(ReturnAuthorized)
    assert (authorized.return_id, authorized.return_by) == ("R-1.return", after_days(20))


def test_a_policy_may_say_how_long_sending_back_takes() -> None:
    scenario = asked(delivered(policies=[ReturnWindow.model_validate({"send_back_within": "P14D"})]), lines=one("B"))
    approve(scenario, return_required=True)
    assert scenario.event(ReturnAuthorized).return_by == after_days(23)


def test_the_money_waits_for_the_goods() -> None:
    assert isinstance(returning().refusal("submit_refund", refund_id="R-1"), ReturnNotReceived)


def test_once_the_goods_are_back_the_money_is_paid() -> None:
    scenario = returning()
    scenario.submit("report_return_received", refund_id="R-1", at=after_days(15))
    paid_back(scenario, day=16)
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)


def test_goods_that_come_back_may_be_paid_for_in_part() -> None:
    scenario = returning(lines=cut("B", "USD 9.72"))
    scenario.submit("report_return_received", refund_id="R-1", at=after_days(15))
    scenario.submit("release_settlement", at=after_days(16))
    assert (scenario.order.lines["B"].refunded, scenario.balance("2110"), scenario.balance("2120")) == (1, 0, -408_50)


def test_while_the_goods_are_awaited_the_line_is_not_released() -> None:
    scenario = returning(lines=cut("B", "USD 9.72"))
    assert isinstance(scenario.refusal("release_settlement", line_id="B", at=after_days(16)), OpenCase)


def test_while_the_goods_are_awaited_the_line_has_a_case() -> None:
    reported: dict[str, Any] = {"refund_id": "R-2", "reason": "broken", "lines": one("B"), "at": after_days(10)}
    assert isinstance(returning().refusal("request_refund", by=BUYER, **reported), CaseAlreadyOpen)


def test_an_order_is_completed_when_the_goods_it_waited_for_are_back() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, return_required=True)
    scenario.submit("release_settlement", at=after_days(12))
    assert not scenario.order.completed
    decided = scenario.submit("report_return_received", refund_id="R-1", at=after_days(15))
    assert isinstance(decided[-1], OrderCompleted)


def test_what_nobody_signed_for_is_not_returned() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    reported: dict[str, Any] = {"refund_id": "R-1", "reason": "broken", "type": "return_refund", "at": after_days(20)}
    assert isinstance(scenario.refusal("request_refund", by=BUYER, **reported), NotSignedFor)


def test_the_return_window_in_force_when_the_order_was_placed_governs_it() -> None:
    scenario = delivered(policies=[ReturnWindow.model_validate({"window": "P30D"})])
    reported: dict[str, Any] = {"refund_id": "R-1", "reason": "broken"}
    refusal = scenario.refusal("request_refund", by=BUYER, at=after_days(35), **reported)
    assert isinstance(refusal, ReturnWindowClosed)
    assert refusal.closed_at == after_days(35)


def test_a_claim_that_goods_never_came_knows_no_return_window() -> None:
    scenario = delivered(policies=[ReturnWindow.model_validate({"window": "P30D"})])
    asked(scenario, day=40, type="not_received")
    assert scenario.order.cases["R-1"].type == "not_received"
