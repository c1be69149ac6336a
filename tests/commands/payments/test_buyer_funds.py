"""Money that pays for no order: flagged when it waits too long, given back, never lost between accounts."""

from ledger.events.payments import PaymentAllocated
from ledger.refusals.catalogue import CaseAlreadyOpen, RefundExceedsRemaining, RoleNotAllowed
from ledger.refusals.payments import CaptureNotDuplicate, CaptureNotFound, CaptureNotOverdue
from tests.support.given import BUYER, PLATFORM, cny, usd
from tests.support.orders import OrderScenario, basket, capture

OVERDUE = "2025-04-01T08:30:00Z"


def twice_paid() -> OrderScenario:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture("cap-2"))
    return scenario


def give_back(scenario: OrderScenario, command: str, capture_ref: str = "cap-2", **other: str) -> OrderScenario:
    reported = {"capture_ref": capture_ref, "refund_id": "D-1", "reason": "duplicate"} | other
    scenario.submit(command, by=PLATFORM, **reported)
    return scenario


class TestCaptureBeforeTheOrder:
    """Acceptance scenario 3."""

    def test_it_stands_in_2220_in_both_currencies(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        assert (scenario.balance("2220", "USD"), scenario.base("2220")) == (-69_44, -498_58)

    def test_a_break_opens_after_half_an_hour(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        scenario.submit("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE)
        assert scenario.breaks() == ["capture_without_order"]

    def test_the_break_opens_once(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        scenario.submit("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE)
        assert scenario.submit("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE) == []

    def test_nothing_is_said_a_second_earlier(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        refused = scenario.refusal("flag_unallocated_capture", capture_ref="cap-1", at="2025-04-01T08:29:59Z")
        assert isinstance(refused, CaptureNotOverdue)

    def test_an_unknown_capture_is_not_flagged(self) -> None:
        assert isinstance(OrderScenario().refusal("flag_unallocated_capture", capture_ref="cap-9"), CaptureNotFound)

    def test_the_order_takes_it_all_with_the_margin(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        scenario.submit("place_order", **basket())
        assert (scenario.balance("2220", "USD"), scenario.base("2220")) == (0, 0)
        assert (scenario.balance("2110"), scenario.balance("4210"), scenario.order.confirmed) == (-500_00, 1_42, True)

    def test_once_the_order_is_there_nothing_is_flagged(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        scenario.submit("place_order", **basket())
        assert scenario.submit("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE) == []


class TestDuplicateCaptures:
    def test_the_buyer_is_owed_it_at_the_value_it_was_taken_in_with(self) -> None:
        scenario = give_back(twice_paid(), "approve_duplicate_capture_refund")
        assert (scenario.balance("2220", "USD"), scenario.base("2220")) == (0, 0)
        assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (-69_44, -498_58)

    def test_it_is_paid_back_through_its_own_capture(self) -> None:
        scenario = give_back(twice_paid(), "approve_duplicate_capture_refund")
        scenario.submit("submit_refund", refund_id="D-1")
        scenario.submit(
            "report_refund_outcome", psp="stripe", attempt_id="D-1.1", outcome="succeeded", amount="USD 69.44"
        )
        assert scenario.order.cases["D-1"].attempts["D-1.1"].capture_ref == "cap-2"
        assert (scenario.balance("1110", "USD"), scenario.base("1110")) == (69_44, 498_58)

    def test_the_order_keeps_all_of_its_own_money(self) -> None:
        scenario = give_back(twice_paid(), "approve_duplicate_capture_refund")
        scenario.submit("submit_refund", refund_id="D-1")
        scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1")
        scenario.submit("submit_refund", refund_id="R-1")
        assert [s.capture_ref for s in scenario.order.cases["R-1"].attempts.values()] == ["cap-1"]

    def test_what_pays_for_the_order_is_no_duplicate(self) -> None:
        reported = {"capture_ref": "cap-1", "refund_id": "D-1"}
        assert isinstance(
            twice_paid().refusal("approve_duplicate_capture_refund", by=PLATFORM, **reported), CaptureNotDuplicate
        )

    def test_no_more_goes_back_than_was_captured(self) -> None:
        reported = {"capture_ref": "cap-2", "refund_id": "D-1", "amount": "USD 69.45"}
        refused = twice_paid().refusal("approve_duplicate_capture_refund", by=PLATFORM, **reported)
        assert isinstance(refused, RefundExceedsRemaining)

    def test_it_goes_back_once(self) -> None:
        scenario = give_back(twice_paid(), "approve_duplicate_capture_refund")
        reported = {"capture_ref": "cap-2", "refund_id": "D-2"}
        assert isinstance(
            scenario.refusal("approve_duplicate_capture_refund", by=PLATFORM, **reported), RefundExceedsRemaining
        )

    def test_a_refund_has_an_id_of_its_own(self) -> None:
        scenario = give_back(twice_paid(), "approve_duplicate_capture_refund")
        reported = {"capture_ref": "cap-2", "refund_id": "D-1"}
        assert isinstance(
            scenario.refusal("approve_duplicate_capture_refund", by=PLATFORM, **reported), CaseAlreadyOpen
        )

    def test_a_buyer_does_not_approve_it(self) -> None:
        reported = {"capture_ref": "cap-2", "refund_id": "D-1"}
        assert isinstance(
            twice_paid().refusal("approve_duplicate_capture_refund", by=BUYER, **reported), RoleNotAllowed
        )


class TestFundsOfNoOrder:
    def test_what_was_captured_too_much_goes_back(self) -> None:
        scenario = OrderScenario()
        scenario.submit("place_order", **basket())
        scenario.submit("report_payment_captured", **capture(amount="USD 70.00"))
        give_back(scenario, "refund_buyer_funds", "cap-1", reason="overpaid")
        assert (scenario.balance("2210", "USD"), scenario.balance("2220", "USD"), scenario.base("2220")) == (-56, 0, 0)

    def test_parts_of_it_add_up_to_the_base(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture(amount="USD 0.10"))
        for n in range(3):
            give_back(scenario, "refund_buyer_funds", "cap-1", refund_id=f"D-{n}", amount=f"USD 0.0{n + 2}")
        assert (scenario.balance("2220", "USD"), scenario.base("2220")) == (-1, -7)

    def test_what_went_back_pays_for_no_order_that_comes_later(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        give_back(scenario, "refund_buyer_funds", "cap-1", amount="USD 9.44", reason="asked")
        scenario.submit("place_order", **basket())
        assert not scenario.order.confirmed
        scenario.submit("report_payment_captured", **capture("cap-2", "USD 9.44"))
        parts = scenario.event(PaymentAllocated).parts
        assert [part.amount for part in parts] == [usd("60.00"), usd("9.44")]
        assert sum((part.base for part in parts), cny("0")).minor == 498_58 - 67_78 + 67_78
        assert scenario.base("2220") == 0

    def test_money_of_a_cancelled_order_goes_back(self) -> None:
        scenario = OrderScenario()
        scenario.submit("place_order", **basket())
        scenario.submit("cancel_order", reason="out_of_stock")
        scenario.submit("report_payment_captured", **capture())
        give_back(scenario, "refund_buyer_funds", "cap-1", reason="order_cancelled")
        assert scenario.balance("2210", "USD") == -69_44

    def test_the_orders_own_money_is_not_given_back_like_this(self) -> None:
        reported = {"capture_ref": "cap-1", "refund_id": "D-1", "reason": "asked"}
        assert isinstance(
            OrderScenario().paid().refusal("refund_buyer_funds", by=PLATFORM, **reported), RefundExceedsRemaining
        )

    def test_a_capture_nobody_knows_is_not_given_back(self) -> None:
        reported = {"capture_ref": "cap-9", "refund_id": "D-1", "reason": "asked"}
        assert isinstance(OrderScenario().refusal("refund_buyer_funds", by=PLATFORM, **reported), CaptureNotFound)


def test_a_capture_that_failed_after_part_of_it_went_back_costs_the_platform_that_part() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    give_back(scenario, "refund_buyer_funds", "cap-1", amount="USD 9.44", reason="asked")
    scenario.submit("submit_refund", refund_id="D-1")
    scenario.submit(
        "report_payment_failed", payment_id="PAY-1", psp="stripe", capture_ref="cap-1", amount="USD 69.44", code="nsf"
    )
    assert (scenario.balance("2220", "USD"), scenario.base("2220")) == (0, 0)
    assert (scenario.balance("5140", "USD"), scenario.breaks()) == (9_44, ["fact_contradicts_state"])
