"""Payments that failed: before capture, and captures that turned out not to have happened."""

from typing import Any

from ledger.events.order import OrderConfirmed
from ledger.events.payment import PaymentAllocated, PaymentCaptureFailed, PaymentDeclined
from tests.support.given import BUYER
from tests.support.orders import OrderStory, basket, capture

ACCOUNTS = ("1110", "2110", "2220", "4210", "4220", "5140")


def failed(capture_ref: str | None = "cap-1", amount: str = "USD 69.44") -> dict[str, Any]:
    names = {"payment_id": "PAY-1", "psp": "stripe", "amount": amount, "code": "R01"}
    return names | ({"capture_ref": capture_ref} if capture_ref else {})


def test_before_capture_the_payment_is_declined_and_nothing_moves() -> None:
    story = OrderStory()
    (declined,) = story.tell("report_payment_failed", **failed(None))
    assert isinstance(declined, PaymentDeclined)
    assert story.entries == []


def test_the_same_decline_told_again_is_nothing_new() -> None:
    story = OrderStory()
    story.tell("report_payment_failed", **failed(None))
    assert story.tell("report_payment_failed", **failed(None)) == []


def test_a_capture_that_failed_undoes_itself_and_its_allocation() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_failed", **failed())
    assert [story.base(account) for account in ACCOUNTS] == [0] * 6
    assert [story.balance(account, "USD") for account in ACCOUNTS] == [0] * 6


def test_an_order_whose_capture_failed_is_no_longer_confirmed() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_failed", **failed())
    assert story.order.status == "placed"


def test_an_order_whose_capture_failed_can_be_paid_again() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_failed", **failed())
    story.tell("report_payment_captured", **capture("cap-2"))
    assert (story.order.status, story.balance("2110")) == ("confirmed", -500_00)


def test_another_capture_pays_in_place_of_the_one_that_failed() -> None:
    story = OrderStory()
    story.tell("report_payment_captured", **capture("cap-1"))
    story.tell("report_payment_captured", **capture("cap-2"))
    story.tell("place_order", **basket())
    decided = story.tell("report_payment_failed", **failed())
    assert [type(event) for event in decided] == [PaymentCaptureFailed, PaymentAllocated, OrderConfirmed]
    assert (story.balance("2220", "USD"), story.balance("1110", "USD")) == (0, 69_44)


def test_after_dispatch_the_platform_bears_a_capture_that_failed() -> None:
    story = OrderStory().paid().sent(A=2, B=1)
    story.tell("report_payment_failed", **failed())
    assert (story.base("5140"), story.balance("2110"), story.base("1110")) == (498_58, -500_00, 0)


def test_what_the_platform_bears_is_flagged() -> None:
    story = OrderStory().paid().sent(A=2, B=1)
    story.tell("report_payment_failed", **failed())
    assert story.breaks() == ["fact_contradicts_state"]


def test_of_a_capture_the_platform_bears_only_what_the_order_used() -> None:
    story = OrderStory()
    story.tell("place_order", **basket())
    story.tell("report_payment_captured", **capture(amount="USD 70.00"))
    story.sent(A=2, B=1)
    story.tell("report_payment_failed", **failed(amount="USD 70.00"))
    assert (story.balance("5140", "USD"), story.balance("2220", "USD")) == (69_44, 0)


def test_after_a_refund_the_platform_bears_a_capture_that_failed() -> None:
    story = OrderStory(express=True).paid()
    story.tell("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    story.tell("report_payment_failed", **failed())
    assert story.event(PaymentCaptureFailed).borne_by_platform


def test_an_unallocated_capture_that_failed_leaves_nothing() -> None:
    story = OrderStory()
    story.tell("report_payment_captured", **capture())
    story.tell("report_payment_failed", **failed())
    assert (story.balance("1110", "USD"), story.balance("2220", "USD")) == (0, 0)


def test_the_same_failure_told_again_is_nothing_new() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_failed", **failed())
    assert story.tell("report_payment_failed", **failed()) == []


def test_the_failure_of_a_capture_nobody_knows_is_flagged() -> None:
    story = OrderStory()
    story.tell("report_payment_failed", **failed("cap-9"))
    assert story.breaks() == ["fact_contradicts_state"]


def test_a_failure_over_another_amount_posts_nothing() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_failed", **failed(amount="USD 1.00"))
    assert (story.breaks(), story.order.confirmed) == (["amount_mismatch"], True)


def test_a_failed_capture_told_as_captured_again_is_flagged() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_failed", **failed())
    story.tell("report_payment_captured", **capture())
    assert (story.breaks(), story.balance("1110", "USD")) == (["fact_contradicts_state"], 0)
