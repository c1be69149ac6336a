"""Payments that failed: before capture, and captures that turned out not to have happened."""

from typing import Any

from ledger.events.orders import OrderConfirmed
from ledger.events.payments import PaymentAllocated, PaymentCaptureFailed, PaymentDeclined
from tests.support.given import BUYER, PLATFORM, usd
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


def test_after_a_refund_was_paid_the_platform_bears_a_capture_that_failed() -> None:
    story = cancelled(submitted=True)
    paid: dict[str, Any] = {"submission_id": "R-1.1", "psp": "stripe", "outcome": "succeeded", "amount": "USD 69.44"}
    story.tell("report_refund_outcome", **paid)
    story.tell("report_payment_failed", **failed())
    assert story.event(PaymentCaptureFailed).borne_by_platform
    assert (story.base("5140"), story.base("2210")) == (498_58, 0)


def cancelled(*, submitted: bool = False) -> OrderStory:
    """Paid at 7.1800, cancelled at once; the refund is owed, or on its way."""
    story = OrderStory().paid()
    story.tell("cancel_order", by=BUYER, reason="changed_mind", refund_id="R-1")
    if submitted:
        story.tell("submit_refund", refund_id="R-1")
    return story


def test_nothing_is_owed_to_a_buyer_whose_payment_failed_before_its_refund_was_sent() -> None:
    story = cancelled()
    story.tell("report_payment_failed", **failed())
    for account in ("1110", "2110", "2210", "2220", "5140"):
        assert (story.balance(account, "USD"), story.base(account)) == (0, 0), account
    assert (story.order.cases["R-1"].unsubmitted, story.breaks()) == (usd("0.00"), [])


def test_a_refund_on_its_way_when_the_payment_failed_is_the_platforms_loss() -> None:
    story = cancelled(submitted=True)
    story.tell("report_payment_failed", **failed())
    assert (story.balance("2210", "USD"), story.balance("5140", "USD")) == (-69_44, 69_44)
    assert story.breaks() == ["fact_contradicts_state"]


def test_a_duplicate_that_failed_is_not_paid_back() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_captured", **capture("cap-2"))
    story.tell("approve_duplicate_capture_refund", by=PLATFORM, refund_id="R-2", capture_ref="cap-2")
    story.tell("report_payment_failed", **failed("cap-2"))
    assert (story.balance("2210", "USD"), story.base("2210"), story.base("5140")) == (0, 0, 0)


def test_of_a_refund_only_what_the_failed_capture_would_have_paid_is_owed_no_more() -> None:
    story = OrderStory()
    story.tell("place_order", **basket())
    for n, amount in enumerate(("USD 40.00", "USD 29.44"), start=1):
        story.tell("report_payment_captured", **capture(f"cap-{n}", amount))
    story.tell("cancel_order", by=BUYER, reason="changed_mind", refund_id="R-1")
    story.tell("report_payment_failed", **failed(amount="USD 40.00"))
    assert story.order.cases["R-1"].unsubmitted == usd("29.44")
    story.tell("submit_refund", refund_id="R-1")
    paid: dict[str, Any] = {"submission_id": "R-1.1", "psp": "stripe", "outcome": "succeeded", "amount": "USD 29.44"}
    story.tell("report_refund_outcome", **paid)
    for account in ("1110", "2110", "2210", "2220", "5140"):
        assert (story.balance(account, "USD"), story.base(account)) == (0, 0), account


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


def test_what_was_captured_beyond_the_price_pays_once_the_first_capture_failed() -> None:
    story = OrderStory().paid()
    story.tell("report_payment_captured", **capture("cap-2"))
    story.tell("report_payment_failed", **failed())
    assert (story.order.status, story.balance("2110"), story.balance("2220", "USD")) == ("confirmed", -500_00, 0)


def test_a_refund_that_fails_after_its_capture_failed_is_owed_to_nobody_and_no_loss() -> None:
    story = cancelled(submitted=True)
    story.tell("report_payment_failed", **failed())
    told: dict[str, Any] = {"submission_id": "R-1.1", "psp": "stripe", "outcome": "failed", "amount": "USD 69.44"}
    story.tell("report_refund_outcome", **told)
    for account in ("1110", "2110", "2210", "2220", "5140"):
        assert (story.balance(account, "USD"), story.base(account)) == (0, 0), account
    assert story.order.cases["R-1"].unsubmitted == usd("0.00")


def test_refunds_that_fail_one_by_one_take_the_loss_back_to_the_cent() -> None:
    story = OrderStory()
    story.tell("place_order", **basket())
    story.tell("report_payment_captured", **capture())
    for n in range(1, 4):
        line = "A" if n < 3 else "B"
        asked: dict[str, Any] = {
            "refund_id": f"R-{n}",
            "lines": [{"line_id": line, "qty": 1}],
            "reason": "changed_mind",
        }
        story.tell("cancel_order", by=BUYER, **asked)
        story.tell("submit_refund", refund_id=f"R-{n}")
    story.tell("report_payment_failed", **failed())
    assert story.balance("5140", "USD") == 69_44
    for n, amount in enumerate(("USD 25.00", "USD 25.00", "USD 19.44"), start=1):
        told: dict[str, Any] = {"submission_id": f"R-{n}.1", "psp": "stripe", "outcome": "failed", "amount": amount}
        story.tell("report_refund_outcome", **told)
    for account in ("1110", "2210", "2220", "5140"):
        assert (story.balance(account, "USD"), story.base(account)) == (0, 0), account
