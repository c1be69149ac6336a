"""Instructing providers to pay a refund back."""

from typing import Any

from ledger.events.event import Event
from ledger.events.refunds import RefundSubmitted
from ledger.money import Money
from ledger.refusals.catalogue import AlreadySubmitted, CaseClosed, CaseNotFound, RefundNotApproved, ReturnNotReceived
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM, usd
from tests.support.orders import OrderScenario, after_days, basket, capture

B = [{"line_id": "B", "qty": 1}]


def refunded(scenario: OrderScenario | None = None) -> OrderScenario:
    reported = scenario or OrderScenario(express=True).paid()
    reported.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    return reported


def paid_by_three() -> OrderScenario:
    scenario = OrderScenario(express=True)
    scenario.submit("place_order", **basket())
    for capture_ref, amount in (("cap-1", "USD 20.00"), ("cap-2", "USD 30.00"), ("cap-3", "USD 19.44")):
        scenario.submit("report_payment_captured", **capture(capture_ref, amount))
    return scenario


def parts(events: list[Event]) -> list[tuple[str, str, Money]]:
    return [(e.attempt_id, e.capture_ref, e.amount) for e in events if isinstance(e, RefundSubmitted)]


def outcome(scenario: OrderScenario, attempt_id: str, result: str, amount: str) -> None:
    scenario.submit(
        "report_refund_outcome", by=PARTNER, psp="stripe", attempt_id=attempt_id, outcome=result, amount=amount
    )


def test_a_refund_goes_back_through_the_capture_it_came_from() -> None:
    decided = refunded().submit("submit_refund", refund_id="R-1")
    assert parts(decided) == [("R-1.1", "cap-1", usd("69.44"))]


def test_a_refund_is_split_over_the_captures_in_their_order() -> None:
    scenario = paid_by_three()
    scenario.submit(
        "request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", lines=[{"line_id": "A", "qty": 1}]
    )
    decided = scenario.submit("submit_refund", refund_id="R-1")
    assert parts(decided) == [("R-1.1", "cap-1", usd("20.00")), ("R-1.2", "cap-2", usd("5.00"))]


def test_the_next_refund_goes_on_where_the_last_one_ended() -> None:
    scenario = paid_by_three()
    for refund_id in ("R-1", "R-2"):
        lines = [{"line_id": "A", "qty": 1}]
        scenario.submit("request_refund", by=BUYER, refund_id=refund_id, reason="changed_mind", lines=lines)
        decided = scenario.submit("submit_refund", refund_id=refund_id)
    assert parts(decided) == [("R-2.1", "cap-2", usd("25.00"))]


def test_what_is_allocated_is_refundable_and_an_excess_is_not() -> None:
    scenario = OrderScenario(express=True)
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(amount="USD 80.00"))
    assert parts(refunded(scenario).submit("submit_refund", refund_id="R-1")) == [("R-1.1", "cap-1", usd("69.44"))]


def test_a_refund_is_submitted_once() -> None:
    scenario = refunded()
    scenario.submit("submit_refund", refund_id="R-1")
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), AlreadySubmitted)


def test_what_failed_can_be_submitted_again_under_a_new_id() -> None:
    scenario = refunded()
    scenario.submit("submit_refund", refund_id="R-1")
    outcome(scenario, "R-1.1", "failed", "USD 69.44")
    assert parts(scenario.submit("submit_refund", refund_id="R-1")) == [("R-1.2", "cap-1", usd("69.44"))]


def test_a_refund_that_waits_for_approval_is_not_submitted() -> None:
    scenario = refunded(OrderScenario().paid())
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), RefundNotApproved)


def test_a_rejected_refund_is_not_submitted() -> None:
    scenario = refunded(OrderScenario().paid())
    scenario.submit("reject_refund", by=MERCHANT, refund_id="R-1", round=1, reason="packed_already")
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), CaseClosed)


def test_a_refund_that_is_not_there_is_not_submitted() -> None:
    assert isinstance(OrderScenario().paid().refusal("submit_refund", refund_id="R-1"), CaseNotFound)


def test_a_refund_waits_for_the_goods_where_the_reviewer_wants_them_back() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1).signed()
    scenario.submit("request_refund", by=BUYER, at=after_days(1), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(2), refund_id="R-1", round=1, return_required=True)
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), ReturnNotReceived)


def test_a_capture_that_failed_pays_nothing_back() -> None:
    scenario = refunded()
    scenario.submit("submit_refund", refund_id="R-1")
    scenario.submit(
        "report_payment_failed",
        payment_id="PAY-1",
        psp="stripe",
        capture_ref="cap-1",
        amount="USD 69.44",
        code="R01",
    )
    reported: dict[str, Any] = {"attempt_id": "R-1.1", "psp": "stripe", "outcome": "failed", "code": "R01"}
    scenario.submit("report_refund_outcome", amount="USD 69.44", **reported)
    assert scenario.balance("2210", "USD") == 0, "nobody is owed it"
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), AlreadySubmitted)
