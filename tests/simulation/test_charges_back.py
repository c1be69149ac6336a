"""Tax and shipping of an order go back with its goods, by whatever way those go back, and are zero in the end."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ledger.events.disputes import DisputeLost
from ledger.events.payments import PaymentAllocated
from ledger.events.refunds import RefundApproved, RefundRequested, ReturnExpired
from ledger.policies.order_charges import OrderCharges, ShippingBack
from ledger.refusals.after_sales import ChargeNotRefundable
from ledger.refusals.catalogue import RefundExceedsRemaining, RoleNotAllowed
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM, usd
from tests.support.orders import OrderStory, after_days, basket, capture, line

TAX = {"type": "tax", "amount": "USD 8.00", "borne_by": "buyer"}
SHIPPING = {"type": "shipping", "amount": "USD 6.00", "borne_by": "buyer"}
SALE: dict[str, Any] = {
    "lines": [line("A", 1, "CNY 360.00", "USD 50.00"), line("B", 1, "CNY 360.00", "USD 50.00")],
    "list_total": "CNY 720.00",
    "buyer_total": "USD 114.00",
    "charges": [TAX, SHIPPING],
}
DISPUTE = {"dispute_id": "D-1", "psp": "stripe", "payment_id": "PAY-1", "capture_ref": "cap-1"}


def paid(shipping: ShippingBack = "with_the_last_line") -> OrderStory:
    return OrderStory(policies=[OrderCharges(shipping=shipping)]).paid(**SALE)


def cancel(story: OrderStory, line_id: str) -> None:
    lines = [{"line_id": line_id, "qty": 1}]
    story.tell("cancel_order", by=MERCHANT, reason="out_of_stock", refund_id=f"R-{line_id}", lines=lines)


def give_back(story: OrderStory, line_id: str, **told: Any) -> None:
    """The line is asked back after the signature, and a reviewer says yes."""
    refund_id, lines = f"R-{line_id}", [{"line_id": line_id, "qty": 1}]
    story.tell("request_refund", by=BUYER, at=after_days(5), refund_id=refund_id, reason="broken", lines=lines)
    story.tell("approve_refund", by=PLATFORM, at=after_days(6), refund_id=refund_id, round=1, **told)


def lose(story: OrderStory, amount: str, reason: str = "product_unacceptable", **told: Any) -> None:
    story.tell("report_dispute_opened", by=PARTNER, **DISPUTE, stage="chargeback", reason=reason, amount=amount, **told)
    story.tell("report_dispute_lost", by=PARTNER, **DISPUTE)


def kept(story: OrderStory) -> tuple[int, int]:
    """The tax and shipping that the order still holds, in cents."""
    return -story.balance("2320", "USD"), -story.balance("4220", "USD")


def refunded(story: OrderStory) -> str:
    return str(story.event(RefundApproved).money.amount)


def test_tax_goes_back_with_the_line_and_shipping_with_the_last() -> None:
    story = paid()
    cancel(story, "A")
    first = refunded(story), kept(story)
    story.sent(B=1).signed()
    give_back(story, "B")
    assert (first, refunded(story), kept(story)) == (("USD 54.00", (4_00, 6_00)), "USD 60.00", (0, 0))
    assert (story.base("2320"), story.base("4220"), story.base("2220")) == (0, 0, 0)


def test_a_part_of_the_price_takes_its_part_of_the_tax() -> None:
    story = paid().sent(A=1, B=1).signed()
    give_back(story, "A", lines=[{"line_id": "A", "amount": "USD 12.50"}])
    assert (refunded(story), kept(story)) == ("USD 13.50", (7_00, 6_00))


@pytest.mark.parametrize("order", list(permutations("ABC")))
def test_tax_that_cannot_be_divided_goes_back_to_the_cent(order: tuple[str, ...]) -> None:
    lines = [line(name, 1, "CNY 7.20", "USD 1.00") for name in "ABC"]
    tax = {"type": "tax", "amount": "USD 0.10", "borne_by": "buyer"}
    story = OrderStory(products=["SKU-A", "SKU-B", "SKU-C"])
    story.paid(lines=lines, list_total="CNY 21.60", buyer_total="USD 3.10", charges=[tax])
    held = []
    for line_id in order:
        cancel(story, line_id)
        held.append(kept(story)[0])
    assert (held, story.base("2320")) == ([7, 3, 0], 0)


def test_the_last_approval_of_two_open_cases_brings_the_shipping() -> None:
    story = paid().sent(A=1, B=1).signed()
    for name in "AB":
        lines = [{"line_id": name, "qty": 1}]
        story.tell("request_refund", by=BUYER, at=after_days(5), refund_id=name, reason="broken", lines=lines)
    for name in "BA":
        story.tell("approve_refund", by=PLATFORM, at=after_days(6), refund_id=name, round=1)
    assert (refunded(story), kept(story)) == ("USD 60.00", (0, 0))


def test_a_request_says_what_the_buyer_would_get_with_its_tax() -> None:
    story = paid().sent(A=1, B=1).signed()
    give_back(story, "A")
    assert story.event(RefundRequested).amount == usd("54.00")


@pytest.mark.parametrize("shipping", ["by_reviewer", "never"])
def test_shipping_stays_where_the_policy_says_so(shipping: ShippingBack) -> None:
    story = paid(shipping)
    cancel(story, "A")
    cancel(story, "B")
    assert kept(story) == (0, 6_00)


class TestReviewers:
    def test_shipping_may_be_granted_with_any_line(self) -> None:
        story = paid("by_reviewer").sent(A=1, B=1).signed()
        granted = [{"type": "tax", "amount": "USD 4.00"}, {"type": "shipping", "amount": "USD 6.00"}]
        give_back(story, "A", charges=granted)
        assert (refunded(story), kept(story)) == ("USD 60.00", (4_00, 0))

    def test_nothing_of_the_charges_may_be_granted_either(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        give_back(story, "A", charges=[])
        assert (refunded(story), kept(story)) == ("USD 50.00", (8_00, 6_00))

    def test_what_was_kept_back_once_follows_with_the_next_line(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        give_back(story, "A", charges=[])
        give_back(story, "B")
        assert (refunded(story), kept(story)) == ("USD 64.00", (0, 0))

    def test_a_charge_may_be_granted_alone(self) -> None:
        story = paid()
        story.tell("refund_charges", by=PLATFORM, refund_id="R-9", reason="late", charges=[_of("shipping", "USD 6.00")])
        assert (refunded(story), kept(story), story.balance("2110")) == ("USD 6.00", (8_00, 0), -720_00)

    def test_a_charge_may_be_granted_long_after_the_goods(self) -> None:
        story = paid("by_reviewer")
        cancel(story, "A")
        cancel(story, "B")
        told = {"refund_id": "R-9", "reason": "late", "charges": [_of("shipping", "USD 6.00")]}
        story.tell("refund_charges", by=PLATFORM, at=after_days(90), **told)
        assert (kept(story), story.base("4220")) == ((0, 0), 0)

    def test_tax_granted_alone_is_not_given_twice(self) -> None:
        story = paid()
        story.tell("refund_charges", by=PLATFORM, refund_id="R-9", reason="exempt", charges=[_of("tax", "USD 8.00")])
        cancel(story, "A")
        cancel(story, "B")
        assert (kept(story), story.base("2320"), -story.balance("2210", "USD")) == ((0, 0), 0, 114_00)

    def test_no_more_than_is_left_is_granted(self) -> None:
        story = paid()
        cancel(story, "A")
        told = {"refund_id": "R-9", "reason": "exempt", "charges": [_of("tax", "USD 4.01")]}
        refusal = story.refusal("refund_charges", by=PLATFORM, **told)
        assert isinstance(refusal, RefundExceedsRemaining)
        assert refusal.remaining == "USD 4.00"

    def test_a_policy_of_never_binds_reviewers_too(self) -> None:
        told = {"refund_id": "R-9", "reason": "late", "charges": [_of("shipping", "USD 1.00")]}
        assert isinstance(paid("never").refusal("refund_charges", by=PLATFORM, **told), ChargeNotRefundable)

    def test_merchants_do_not_grant_what_is_the_platforms(self) -> None:
        told = {"refund_id": "R-9", "reason": "late", "charges": [_of("shipping", "USD 1.00")]}
        assert isinstance(paid().refusal("refund_charges", by=MERCHANT, **told), RoleNotAllowed)


class TestDisputes:
    @pytest.mark.parametrize("reason", ["product_unacceptable", "not_received"])
    def test_one_that_takes_everything_leaves_no_charges(self, reason: str) -> None:
        """Whoever bears it."""
        story = paid().sent(A=1, B=1).received()
        lose(story, "USD 114.00", reason)
        assert (kept(story), story.base("2320"), story.base("4220")) == ((0, 0), 0, 0)

    def test_the_platform_loses_the_goods_and_no_tax(self) -> None:
        story = paid().sent(A=1, B=1).received()
        lose(story, "USD 114.00", "not_received")
        assert story.balance("5140") == 7_18_00  # USD 100.00 at 7.18

    def test_one_about_a_line_takes_its_tax(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        lose(story, "USD 54.00")
        lost = [(part.line_id, part.qty, part.buyer_amount) for part in story.event(DisputeLost).lines]
        assert (lost, kept(story), story.balance("5140")) == ([("A", 1, usd("50.00"))], (4_00, 6_00), 0)

    def test_one_for_less_than_a_line_is_divided_as_a_refund_is(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        lose(story, "USD 13.50")
        assert (story.event(DisputeLost).lines[0].buyer_amount, kept(story)) == (usd("12.50"), (7_00, 6_00))

    def test_one_for_the_price_alone_takes_the_line_and_no_tax(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        lose(story, "USD 50.00", lines=[{"line_id": "A", "qty": 1}])
        assert (story.event(DisputeLost).lines[0].qty, kept(story)) == (1, (8_00, 6_00))

    def test_a_refund_after_it_gives_back_the_rest(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        lose(story, "USD 54.00", lines=[{"line_id": "A", "qty": 1}])
        give_back(story, "B")
        assert (refunded(story), kept(story)) == ("USD 60.00", (0, 0))

    def test_one_that_is_won_after_all_puts_the_charges_back(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        lose(story, "USD 114.00")
        story.tell("report_dispute_won", by=PARTNER, at=after_days(30), **DISPUTE)
        assert kept(story) == (8_00, 6_00)


class TestOtherWays:
    def test_a_lost_parcel_gives_the_tax_of_its_goods_back(self) -> None:
        story = paid().sent("P-1", A=1).sent("P-2", B=1).received("P-1")
        story.tell("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(9))
        story.tell("refund_lost_parcel", by=PLATFORM, parcel_id="P-1", refund_id="R-1", at=after_days(9))
        assert (refunded(story), kept(story)) == ("USD 54.00", (4_00, 6_00))

    def test_a_return_that_never_came_keeps_its_tax(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        give_back(story, "A", return_required=True, return_by=after_days(20))
        story.tell("expire_return", at=after_days(21), refund_id="R-A")
        assert (story.event(ReturnExpired).kept, kept(story)) == (None, (8_00, 6_00))

    def test_an_order_cut_before_it_is_paid_costs_less_tax(self) -> None:
        story = OrderStory()
        story.tell("place_order", **basket(**SALE))
        cancel(story, "A")
        story.tell("report_payment_captured", **capture(amount="USD 60.00"))
        assert (story.event(PaymentAllocated).amount, kept(story)) == (usd("60.00"), (4_00, 6_00))

    def test_tax_that_was_paid_on_as_duty_is_the_platforms_to_give_back(self) -> None:
        story = paid().sent(A=1, B=1).signed()
        duty = {"parcel_id": "P-1", "partner": "broker", "assessment_ref": "T-1", "borne_by": "buyer"}
        story.tell("report_duty", by=PARTNER, **duty, amount="USD 6.00", declared_value="USD 100.00")
        give_back(story, "A")
        give_back(story, "B")
        assert (kept(story), story.base("2320"), story.balance("5120", "USD")) == ((0, 0), 0, 6_00)


def _of(kind: str, amount: str) -> dict[str, str]:
    return {"type": kind, "amount": amount}
