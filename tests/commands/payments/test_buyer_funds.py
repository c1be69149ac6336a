"""Money that pays for no order: flagged when it waits too long, given back, never lost between accounts."""

from ledger.events.payments import PaymentAllocated
from ledger.refusals.catalogue import CaseAlreadyOpen, RefundExceedsRemaining, RoleNotAllowed
from ledger.refusals.payments import CaptureNotDuplicate, CaptureNotFound, CaptureNotOverdue
from tests.support.given import BUYER, PLATFORM, cny, usd
from tests.support.orders import OrderStory, basket, capture

OVERDUE = "2025-04-01T08:30:00Z"


def twice_paid() -> OrderStory:
    story = OrderStory().paid()
    story.tell("report_payment_captured", **capture("cap-2"))
    return story


def give_back(story: OrderStory, command: str, capture_ref: str = "cap-2", **other: str) -> OrderStory:
    told = {"capture_ref": capture_ref, "refund_id": "D-1", "reason": "duplicate"} | other
    story.tell(command, by=PLATFORM, **told)
    return story


class TestCaptureBeforeTheOrder:
    """Acceptance scenario 3."""

    def test_it_stands_in_2220_in_both_currencies(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        assert (story.balance("2220", "USD"), story.base("2220")) == (-69_44, -498_58)

    def test_a_break_opens_after_half_an_hour(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        story.tell("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE)
        assert story.breaks() == ["capture_without_order"]

    def test_the_break_opens_once(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        story.tell("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE)
        assert story.tell("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE) == []

    def test_nothing_is_said_a_second_earlier(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        refused = story.refusal("flag_unallocated_capture", capture_ref="cap-1", at="2025-04-01T08:29:59Z")
        assert isinstance(refused, CaptureNotOverdue)

    def test_an_unknown_capture_is_not_flagged(self) -> None:
        assert isinstance(OrderStory().refusal("flag_unallocated_capture", capture_ref="cap-9"), CaptureNotFound)

    def test_the_order_takes_it_all_with_the_margin(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        story.tell("place_order", **basket())
        assert (story.balance("2220", "USD"), story.base("2220")) == (0, 0)
        assert (story.balance("2110"), story.balance("4210"), story.order.confirmed) == (-500_00, 1_42, True)

    def test_once_the_order_is_there_nothing_is_flagged(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        story.tell("place_order", **basket())
        assert story.tell("flag_unallocated_capture", capture_ref="cap-1", at=OVERDUE) == []


class TestDuplicateCaptures:
    def test_the_buyer_is_owed_it_at_the_value_it_was_taken_in_with(self) -> None:
        story = give_back(twice_paid(), "approve_duplicate_capture_refund")
        assert (story.balance("2220", "USD"), story.base("2220")) == (0, 0)
        assert (story.balance("2210", "USD"), story.base("2210")) == (-69_44, -498_58)

    def test_it_is_paid_back_through_its_own_capture(self) -> None:
        story = give_back(twice_paid(), "approve_duplicate_capture_refund")
        story.tell("submit_refund", refund_id="D-1")
        story.tell(
            "report_refund_outcome", psp="stripe", submission_id="D-1.1", outcome="succeeded", amount="USD 69.44"
        )
        assert story.order.cases["D-1"].submissions["D-1.1"].capture_ref == "cap-2"
        assert (story.balance("1110", "USD"), story.base("1110")) == (69_44, 498_58)

    def test_the_order_keeps_all_of_its_own_money(self) -> None:
        story = give_back(twice_paid(), "approve_duplicate_capture_refund")
        story.tell("submit_refund", refund_id="D-1")
        story.tell("cancel_order", reason="out_of_stock", refund_id="R-1")
        story.tell("submit_refund", refund_id="R-1")
        assert [s.capture_ref for s in story.order.cases["R-1"].submissions.values()] == ["cap-1"]

    def test_what_pays_for_the_order_is_no_duplicate(self) -> None:
        told = {"capture_ref": "cap-1", "refund_id": "D-1"}
        assert isinstance(
            twice_paid().refusal("approve_duplicate_capture_refund", by=PLATFORM, **told), CaptureNotDuplicate
        )

    def test_no_more_goes_back_than_was_captured(self) -> None:
        told = {"capture_ref": "cap-2", "refund_id": "D-1", "amount": "USD 69.45"}
        refused = twice_paid().refusal("approve_duplicate_capture_refund", by=PLATFORM, **told)
        assert isinstance(refused, RefundExceedsRemaining)

    def test_it_goes_back_once(self) -> None:
        story = give_back(twice_paid(), "approve_duplicate_capture_refund")
        told = {"capture_ref": "cap-2", "refund_id": "D-2"}
        assert isinstance(
            story.refusal("approve_duplicate_capture_refund", by=PLATFORM, **told), RefundExceedsRemaining
        )

    def test_a_refund_has_an_id_of_its_own(self) -> None:
        story = give_back(twice_paid(), "approve_duplicate_capture_refund")
        told = {"capture_ref": "cap-2", "refund_id": "D-1"}
        assert isinstance(story.refusal("approve_duplicate_capture_refund", by=PLATFORM, **told), CaseAlreadyOpen)

    def test_a_buyer_does_not_approve_it(self) -> None:
        told = {"capture_ref": "cap-2", "refund_id": "D-1"}
        assert isinstance(twice_paid().refusal("approve_duplicate_capture_refund", by=BUYER, **told), RoleNotAllowed)


class TestFundsOfNoOrder:
    def test_what_was_captured_too_much_goes_back(self) -> None:
        story = OrderStory()
        story.tell("place_order", **basket())
        story.tell("report_payment_captured", **capture(amount="USD 70.00"))
        give_back(story, "refund_buyer_funds", "cap-1", reason="overpaid")
        assert (story.balance("2210", "USD"), story.balance("2220", "USD"), story.base("2220")) == (-56, 0, 0)

    def test_parts_of_it_add_up_to_the_base(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture(amount="USD 0.10"))
        for n in range(3):
            give_back(story, "refund_buyer_funds", "cap-1", refund_id=f"D-{n}", amount=f"USD 0.0{n + 2}")
        assert (story.balance("2220", "USD"), story.base("2220")) == (-1, -7)

    def test_what_went_back_pays_for_no_order_that_comes_later(self) -> None:
        story = OrderStory()
        story.tell("report_payment_captured", **capture())
        give_back(story, "refund_buyer_funds", "cap-1", amount="USD 9.44", reason="asked")
        story.tell("place_order", **basket())
        assert not story.order.confirmed
        story.tell("report_payment_captured", **capture("cap-2", "USD 9.44"))
        parts = story.event(PaymentAllocated).parts
        assert [part.amount for part in parts] == [usd("60.00"), usd("9.44")]
        assert sum((part.base for part in parts), cny("0")).minor == 498_58 - 67_78 + 67_78
        assert story.base("2220") == 0

    def test_money_of_a_cancelled_order_goes_back(self) -> None:
        story = OrderStory()
        story.tell("place_order", **basket())
        story.tell("cancel_order", reason="out_of_stock")
        story.tell("report_payment_captured", **capture())
        give_back(story, "refund_buyer_funds", "cap-1", reason="order_cancelled")
        assert story.balance("2210", "USD") == -69_44

    def test_the_orders_own_money_is_not_given_back_like_this(self) -> None:
        told = {"capture_ref": "cap-1", "refund_id": "D-1", "reason": "asked"}
        assert isinstance(
            OrderStory().paid().refusal("refund_buyer_funds", by=PLATFORM, **told), RefundExceedsRemaining
        )

    def test_a_capture_nobody_knows_is_not_given_back(self) -> None:
        told = {"capture_ref": "cap-9", "refund_id": "D-1", "reason": "asked"}
        assert isinstance(OrderStory().refusal("refund_buyer_funds", by=PLATFORM, **told), CaptureNotFound)


def test_a_capture_that_failed_after_part_of_it_went_back_costs_the_platform_that_part() -> None:
    story = OrderStory()
    story.tell("report_payment_captured", **capture())
    give_back(story, "refund_buyer_funds", "cap-1", amount="USD 9.44", reason="asked")
    story.tell("submit_refund", refund_id="D-1")
    story.tell(
        "report_payment_failed", payment_id="PAY-1", psp="stripe", capture_ref="cap-1", amount="USD 69.44", code="nsf"
    )
    assert (story.balance("2220", "USD"), story.base("2220")) == (0, 0)
    assert (story.balance("5140", "USD"), story.breaks()) == (9_44, ["fact_contradicts_state"])
