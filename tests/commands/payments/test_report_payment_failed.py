"""Payments that failed: before capture, and captures that turned out not to have happened."""

from typing import Any

from ledger.events.orders import OrderConfirmed
from ledger.events.payments import PaymentAllocated, PaymentCaptureFailed, PaymentDeclined
from tests.support.given import BUYER, PLATFORM, usd
from tests.support.orders import OrderScenario, basket, capture

ACCOUNTS = ("1110", "2110", "2220", "4210", "4220", "5140")


def failed(capture_ref: str | None = "cap-1", amount: str = "USD 69.44") -> dict[str, Any]:
    names = {"payment_id": "PAY-1", "psp": "stripe", "amount": amount, "code": "R01"}
    return names | ({"capture_ref": capture_ref} if capture_ref else {})


def test_before_capture_the_payment_is_declined_and_nothing_moves() -> None:
    scenario = OrderScenario()
    (declined,) = scenario.submit("report_payment_failed", **failed(None))
    assert isinstance(declined, PaymentDeclined)
    assert scenario.entries == []


def test_the_same_decline_reported_again_is_nothing_new() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_failed", **failed(None))
    assert scenario.submit("report_payment_failed", **failed(None)) == []


def test_a_capture_that_failed_undoes_itself_and_its_allocation() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_failed", **failed())
    assert [scenario.base(account) for account in ACCOUNTS] == [0] * 6
    assert [scenario.balance(account, "USD") for account in ACCOUNTS] == [0] * 6


def test_an_order_whose_capture_failed_is_no_longer_confirmed() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_failed", **failed())
    assert scenario.order.status == "placed"


def test_an_order_whose_capture_failed_can_be_paid_again() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_failed", **failed())
    scenario.submit("report_payment_captured", **capture("cap-2"))
    assert (scenario.order.status, scenario.balance("2110")) == ("confirmed", -500_00)


def test_another_capture_pays_in_place_of_the_one_that_failed() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture("cap-1"))
    scenario.submit("report_payment_captured", **capture("cap-2"))
    scenario.submit("place_order", **basket())
    decided = scenario.submit("report_payment_failed", **failed())
    assert [type(event) for event in decided] == [PaymentCaptureFailed, PaymentAllocated, OrderConfirmed]
    assert (scenario.balance("2220", "USD"), scenario.balance("1110", "USD")) == (0, 69_44)


def test_after_dispatch_the_platform_bears_a_capture_that_failed() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("report_payment_failed", **failed())
    assert (scenario.base("5140"), scenario.balance("2110"), scenario.base("1110")) == (498_58, -500_00, 0)


def test_what_the_platform_bears_is_flagged() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("report_payment_failed", **failed())
    assert scenario.breaks() == ["fact_contradicts_state"]


def test_of_a_capture_the_platform_bears_only_what_the_order_used() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(amount="USD 70.00"))
    scenario.sent(A=2, B=1)
    scenario.submit("report_payment_failed", **failed(amount="USD 70.00"))
    assert (scenario.balance("5140", "USD"), scenario.balance("2220", "USD")) == (69_44, 0)


def test_after_a_refund_was_paid_the_platform_bears_a_capture_that_failed() -> None:
    scenario = cancelled(submitted=True)
    paid: dict[str, Any] = {"attempt_id": "R-1.1", "psp": "stripe", "outcome": "succeeded", "amount": "USD 69.44"}
    scenario.submit("report_refund_outcome", **paid)
    scenario.submit("report_payment_failed", **failed())
    assert scenario.event(PaymentCaptureFailed).borne_by_platform
    assert (scenario.base("5140"), scenario.base("2210")) == (498_58, 0)


def cancelled(*, submitted: bool = False) -> OrderScenario:
    """Paid at 7.1800, cancelled at once; the refund is owed, or on its way."""
    scenario = OrderScenario().paid()
    scenario.submit("cancel_order", by=BUYER, reason="changed_mind", refund_id="R-1")
    if submitted:
        scenario.submit("submit_refund", refund_id="R-1")
    return scenario


def test_nothing_is_owed_to_a_buyer_whose_payment_failed_before_its_refund_was_sent() -> None:
    scenario = cancelled()
    scenario.submit("report_payment_failed", **failed())
    for account in ("1110", "2110", "2210", "2220", "5140"):
        assert (scenario.balance(account, "USD"), scenario.base(account)) == (0, 0), account
    assert (scenario.order.cases["R-1"].unsubmitted, scenario.breaks()) == (usd("0.00"), [])


def test_a_refund_on_its_way_when_the_payment_failed_is_the_platforms_loss() -> None:
    scenario = cancelled(submitted=True)
    scenario.submit("report_payment_failed", **failed())
    assert (scenario.balance("2210", "USD"), scenario.balance("5140", "USD")) == (-69_44, 69_44)
    assert scenario.breaks() == ["fact_contradicts_state"]


def test_a_duplicate_that_failed_is_not_paid_back() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture("cap-2"))
    scenario.submit("approve_duplicate_capture_refund", by=PLATFORM, refund_id="R-2", capture_ref="cap-2")
    scenario.submit("report_payment_failed", **failed("cap-2"))
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.base("5140")) == (0, 0, 0)


def test_of_a_refund_only_what_the_failed_capture_would_have_paid_is_extinguished() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    for n, amount in enumerate(("USD 40.00", "USD 29.44"), start=1):
        scenario.submit("report_payment_captured", **capture(f"cap-{n}", amount))
    scenario.submit("cancel_order", by=BUYER, reason="changed_mind", refund_id="R-1")
    scenario.submit("report_payment_failed", **failed(amount="USD 40.00"))
    assert scenario.order.cases["R-1"].unsubmitted == usd("29.44")
    scenario.submit("submit_refund", refund_id="R-1")
    paid: dict[str, Any] = {"attempt_id": "R-1.1", "psp": "stripe", "outcome": "succeeded", "amount": "USD 29.44"}
    scenario.submit("report_refund_outcome", **paid)
    for account in ("1110", "2110", "2210", "2220", "5140"):
        assert (scenario.balance(account, "USD"), scenario.base(account)) == (0, 0), account


def test_an_unallocated_capture_that_failed_leaves_nothing() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_payment_failed", **failed())
    assert (scenario.balance("1110", "USD"), scenario.balance("2220", "USD")) == (0, 0)


def test_the_same_failure_reported_again_is_nothing_new() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_failed", **failed())
    assert scenario.submit("report_payment_failed", **failed()) == []


def test_the_failure_of_a_capture_nobody_knows_is_flagged() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_failed", **failed("cap-9"))
    assert scenario.breaks() == ["fact_contradicts_state"]


def test_a_failure_over_another_amount_posts_nothing() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_failed", **failed(amount="USD 1.00"))
    assert (scenario.breaks(), scenario.order.confirmed) == (["amount_mismatch"], True)


def test_a_failed_capture_reported_as_captured_again_is_flagged() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_failed", **failed())
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.breaks(), scenario.balance("1110", "USD")) == (["fact_contradicts_state"], 0)


def test_what_was_captured_beyond_the_price_pays_once_the_first_capture_failed() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture("cap-2"))
    scenario.submit("report_payment_failed", **failed())
    assert (scenario.order.status, scenario.balance("2110"), scenario.balance("2220", "USD")) == (
        "confirmed",
        -500_00,
        0,
    )


def test_a_refund_that_fails_after_its_capture_failed_is_an_extinguished_liability_and_no_loss() -> None:
    scenario = cancelled(submitted=True)
    scenario.submit("report_payment_failed", **failed())
    reported: dict[str, Any] = {"attempt_id": "R-1.1", "psp": "stripe", "outcome": "failed", "amount": "USD 69.44"}
    scenario.submit("report_refund_outcome", **reported)
    for account in ("1110", "2110", "2210", "2220", "5140"):
        assert (scenario.balance(account, "USD"), scenario.base(account)) == (0, 0), account
    assert scenario.order.cases["R-1"].unsubmitted == usd("0.00")


def test_refunds_that_fail_one_by_one_take_the_loss_back_to_the_cent() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture())
    for n in range(1, 4):
        line = "A" if n < 3 else "B"
        asked: dict[str, Any] = {
            "refund_id": f"R-{n}",
            "lines": [{"line_id": line, "qty": 1}],
            "reason": "changed_mind",
        }
        scenario.submit("cancel_order", by=BUYER, **asked)
        scenario.submit("submit_refund", refund_id=f"R-{n}")
    scenario.submit("report_payment_failed", **failed())
    assert scenario.balance("5140", "USD") == 69_44
    for n, amount in enumerate(("USD 25.00", "USD 25.00", "USD 19.44"), start=1):
        reported: dict[str, Any] = {"attempt_id": f"R-{n}.1", "psp": "stripe", "outcome": "failed", "amount": amount}
        scenario.submit("report_refund_outcome", **reported)
    for account in ("1110", "2210", "2220", "5140"):
        assert (scenario.balance(account, "USD"), scenario.base(account)) == (0, 0), account
