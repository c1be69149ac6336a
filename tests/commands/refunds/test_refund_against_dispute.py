"""A buyer who goes to their card issuer is not refunded beside it: nobody is paid twice."""

from typing import Any

import pytest

from ledger.refusals.payments import DisputeOpen
from ledger.streams.amounts.refundable import refundable
from tests.support.after_sales import SERVICE, approve, asked, delivered, one
from tests.support.given import MERCHANT, PARTNER, usd
from tests.support.orders import OrderScenario, after_days, basket, capture

YES: dict[str, Any] = {"refund_id": "R-1", "round": 1}


def disputed(scenario: OrderScenario, stage: str = "chargeback") -> OrderScenario:
    """The issuer opens a dispute about B."""
    names = {"dispute_id": "D-1", "psp": "stripe", "capture_ref": "cap-1"}
    reported: dict[str, Any] = {"amount": "USD 19.44", "reason": "not_received", "lines": one("B"), "stage": stage}
    scenario.submit("report_dispute_opened", by=PARTNER, at=after_days(9), **names, **reported)
    return scenario


def test_a_case_that_is_disputed_meanwhile_is_not_approved() -> None:
    scenario = disputed(asked(delivered(), lines=one("B")))
    assert isinstance(scenario.refusal("approve_refund", by=SERVICE, at=after_days(10), **YES), DisputeOpen)


def test_another_line_of_the_order_can_be_refunded() -> None:
    scenario = asked(disputed(delivered()), day=10, lines=one("A"))
    approve(scenario, day=11)
    assert scenario.order.lines["A"].refunded == 1


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "open"])
def test_a_case_whose_unit_is_disputed_keeps_no_money_from_other_lines(is_lost: bool) -> None:
    scenario = disputed(asked(delivered(), lines=one("B")))
    if is_lost:
        scenario.submit("report_dispute_lost", by=PARTNER, dispute_id="D-1", psp="stripe", at=after_days(10))
    approve(asked(scenario, "R-2", day=10, lines=[{"line_id": "A", "qty": 2}]), "R-2", day=11)
    assert scenario.order.lines["A"].refunded == 2


def test_an_approved_refund_that_waits_for_a_dispute_keeps_no_money_from_other_lines() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, day=8)
    disputed(scenario)
    approve(asked(scenario, "R-2", day=10, lines=[{"line_id": "A", "qty": 2}]), "R-2", day=11)
    assert scenario.order.lines["A"].refunded == 2


def test_a_dispute_takes_the_money_of_no_order_first_and_the_rest_of_an_approved_refund_is_still_to_be_paid() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(amount="USD 79.44"))
    scenario.sent(A=2, B=1).received(at=after_days(1)).signed(at=after_days(5))
    approve(asked(scenario, lines=one("B")), day=8)
    assert refundable(disputed(scenario).order) == usd("50.00")


def test_a_mere_inquiry_is_best_answered_with_the_refund() -> None:
    scenario = disputed(asked(delivered(), lines=one("B")), stage="inquiry")
    approve(scenario, day=10)
    assert scenario.order.cases["R-1"].state == "approved"


@pytest.mark.parametrize("line_id", ["A", "B"])
def test_of_a_disputed_order_only_other_lines_are_cancelled(line_id: str) -> None:
    scenario = disputed(OrderScenario().paid())
    reported: dict[str, Any] = {"by": MERCHANT, "reason": "out_of_stock", "lines": one(line_id), "at": after_days(10)}
    if line_id == "B":
        assert isinstance(scenario.refusal("cancel_order", **reported), DisputeOpen)
    else:
        scenario.submit("cancel_order", **reported)
        assert scenario.order.lines["A"].refunded == 1
