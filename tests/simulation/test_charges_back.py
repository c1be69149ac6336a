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
from tests.support.orders import OrderScenario, after_days, basket, capture, line

TAX = {"type": "tax", "amount": "USD 8.00", "borne_by": "buyer"}
SHIPPING = {"type": "shipping", "amount": "USD 6.00", "borne_by": "buyer"}
SALE: dict[str, Any] = {
    "lines": [line("A", 1, "CNY 360.00", "USD 50.00"), line("B", 1, "CNY 360.00", "USD 50.00")],
    "list_total": "CNY 720.00",
    "buyer_total": "USD 114.00",
    "charges": [TAX, SHIPPING],
}
DISPUTE = {"dispute_id": "D-1", "psp": "stripe", "payment_id": "PAY-1", "capture_ref": "cap-1"}


def paid(shipping: ShippingBack = "with_the_last_line") -> OrderScenario:
    return OrderScenario(policies=[OrderCharges(shipping=shipping)]).paid(**SALE)


def cancel(scenario: OrderScenario, line_id: str) -> None:
    lines = [{"line_id": line_id, "qty": 1}]
    scenario.submit("cancel_order", by=MERCHANT, reason="out_of_stock", refund_id=f"R-{line_id}", lines=lines)


def give_back(scenario: OrderScenario, line_id: str, **reported: Any) -> None:
    """The line is asked back after the signature, and a reviewer says yes."""
    refund_id, lines = f"R-{line_id}", [{"line_id": line_id, "qty": 1}]
    scenario.submit("request_refund", by=BUYER, at=after_days(5), refund_id=refund_id, reason="broken", lines=lines)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(6), refund_id=refund_id, round=1, **reported)


def lose(scenario: OrderScenario, amount: str, reason: str = "product_unacceptable", **reported: Any) -> None:
    scenario.submit(
        "report_dispute_opened", by=PARTNER, **DISPUTE, stage="chargeback", reason=reason, amount=amount, **reported
    )
    scenario.submit("report_dispute_lost", by=PARTNER, **DISPUTE)


def kept(scenario: OrderScenario) -> tuple[int, int]:
    """The tax and shipping that the order still holds, in cents."""
    return -scenario.balance("2320", "USD"), -scenario.balance("4220", "USD")


def refunded(scenario: OrderScenario) -> str:
    return str(scenario.event(RefundApproved).money.amount)


def test_tax_goes_back_with_the_line_and_shipping_with_the_last() -> None:
    scenario = paid()
    cancel(scenario, "A")
    first = refunded(scenario), kept(scenario)
    scenario.sent(B=1).signed()
    give_back(scenario, "B")
    assert (first, refunded(scenario), kept(scenario)) == (("USD 54.00", (4_00, 6_00)), "USD 60.00", (0, 0))
    assert (scenario.base("2320"), scenario.base("4220"), scenario.base("2220")) == (0, 0, 0)


def test_a_part_of_the_price_takes_its_part_of_the_tax() -> None:
    scenario = paid().sent(A=1, B=1).signed()
    give_back(scenario, "A", lines=[{"line_id": "A", "amount": "USD 12.50"}])
    assert (refunded(scenario), kept(scenario)) == ("USD 13.50", (7_00, 6_00))


@pytest.mark.parametrize("order", list(permutations("ABC")))
def test_tax_that_cannot_be_divided_goes_back_to_the_cent(order: tuple[str, ...]) -> None:
    lines = [line(name, 1, "CNY 7.20", "USD 1.00") for name in "ABC"]
    tax = {"type": "tax", "amount": "USD 0.10", "borne_by": "buyer"}
    scenario = OrderScenario(products=["SKU-A", "SKU-B", "SKU-C"])
    scenario.paid(lines=lines, list_total="CNY 21.60", buyer_total="USD 3.10", charges=[tax])
    held = []
    for line_id in order:
        cancel(scenario, line_id)
        held.append(kept(scenario)[0])
    assert (held, scenario.base("2320")) == ([7, 3, 0], 0)


def test_the_last_approval_of_two_open_cases_brings_the_shipping() -> None:
    scenario = paid().sent(A=1, B=1).signed()
    for name in "AB":
        lines = [{"line_id": name, "qty": 1}]
        scenario.submit("request_refund", by=BUYER, at=after_days(5), refund_id=name, reason="broken", lines=lines)
    for name in "BA":
        scenario.submit("approve_refund", by=PLATFORM, at=after_days(6), refund_id=name, round=1)
    assert (refunded(scenario), kept(scenario)) == ("USD 60.00", (0, 0))


def test_a_request_says_what_the_buyer_would_get_with_its_tax() -> None:
    scenario = paid().sent(A=1, B=1).signed()
    give_back(scenario, "A")
    assert scenario.event(RefundRequested).amount == usd("54.00")


@pytest.mark.parametrize("shipping", ["by_reviewer", "never"])
def test_shipping_stays_where_the_policy_says_so(shipping: ShippingBack) -> None:
    scenario = paid(shipping)
    cancel(scenario, "A")
    cancel(scenario, "B")
    assert kept(scenario) == (0, 6_00)


class TestReviewers:
    def test_shipping_may_be_granted_with_any_line(self) -> None:
        scenario = paid("by_reviewer").sent(A=1, B=1).signed()
        granted = [{"type": "tax", "amount": "USD 4.00"}, {"type": "shipping", "amount": "USD 6.00"}]
        give_back(scenario, "A", charges=granted)
        assert (refunded(scenario), kept(scenario)) == ("USD 60.00", (4_00, 0))

    def test_nothing_of_the_charges_may_be_granted_either(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        give_back(scenario, "A", charges=[])
        assert (refunded(scenario), kept(scenario)) == ("USD 50.00", (8_00, 6_00))

    def test_what_was_kept_back_once_follows_with_the_next_line(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        give_back(scenario, "A", charges=[])
        give_back(scenario, "B")
        assert (refunded(scenario), kept(scenario)) == ("USD 64.00", (0, 0))

    def test_a_charge_may_be_granted_alone(self) -> None:
        scenario = paid()
        scenario.submit(
            "refund_charges", by=PLATFORM, refund_id="R-9", reason="late", charges=[_of("shipping", "USD 6.00")]
        )
        assert (refunded(scenario), kept(scenario), scenario.balance("2110")) == ("USD 6.00", (8_00, 0), -720_00)

    def test_a_charge_may_be_granted_long_after_the_goods(self) -> None:
        scenario = paid("by_reviewer")
        cancel(scenario, "A")
        cancel(scenario, "B")
        reported = {"refund_id": "R-9", "reason": "late", "charges": [_of("shipping", "USD 6.00")]}
        scenario.submit("refund_charges", by=PLATFORM, at=after_days(90), **reported)
        assert (kept(scenario), scenario.base("4220")) == ((0, 0), 0)

    def test_tax_granted_alone_is_not_given_twice(self) -> None:
        scenario = paid()
        scenario.submit(
            "refund_charges", by=PLATFORM, refund_id="R-9", reason="exempt", charges=[_of("tax", "USD 8.00")]
        )
        cancel(scenario, "A")
        cancel(scenario, "B")
        assert (kept(scenario), scenario.base("2320"), -scenario.balance("2210", "USD")) == ((0, 0), 0, 114_00)

    def test_no_more_than_is_left_is_granted(self) -> None:
        scenario = paid()
        cancel(scenario, "A")
        reported = {"refund_id": "R-9", "reason": "exempt", "charges": [_of("tax", "USD 4.01")]}
        refusal = scenario.refusal("refund_charges", by=PLATFORM, **reported)
        assert isinstance(refusal, RefundExceedsRemaining)
        assert refusal.remaining == "USD 4.00"

    def test_a_policy_of_never_binds_reviewers_too(self) -> None:
        reported = {"refund_id": "R-9", "reason": "late", "charges": [_of("shipping", "USD 1.00")]}
        assert isinstance(paid("never").refusal("refund_charges", by=PLATFORM, **reported), ChargeNotRefundable)

    def test_merchants_do_not_grant_what_is_the_platforms(self) -> None:
        reported = {"refund_id": "R-9", "reason": "late", "charges": [_of("shipping", "USD 1.00")]}
        assert isinstance(paid().refusal("refund_charges", by=MERCHANT, **reported), RoleNotAllowed)


class TestDisputes:
    @pytest.mark.parametrize("reason", ["product_unacceptable", "not_received"])
    def test_one_that_takes_everything_leaves_no_charges(self, reason: str) -> None:
        """Whoever bears it."""
        scenario = paid().sent(A=1, B=1).received()
        lose(scenario, "USD 114.00", reason)
        assert (kept(scenario), scenario.base("2320"), scenario.base("4220")) == ((0, 0), 0, 0)

    def test_the_platform_loses_the_goods_and_no_tax(self) -> None:
        scenario = paid().sent(A=1, B=1).received()
        lose(scenario, "USD 114.00", "not_received")
        assert scenario.balance("5140") == 7_18_00  # USD 100.00 at 7.18

    def test_one_about_a_line_takes_its_tax(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        lose(scenario, "USD 54.00")
        lost = [(part.line_id, part.qty, part.buyer_amount) for part in scenario.event(DisputeLost).lines]
        assert (lost, kept(scenario), scenario.balance("5140")) == ([("A", 1, usd("50.00"))], (4_00, 6_00), 0)

    def test_one_for_less_than_a_line_is_divided_as_a_refund_is(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        lose(scenario, "USD 13.50")
        assert (scenario.event(DisputeLost).lines[0].buyer_amount, kept(scenario)) == (usd("12.50"), (7_00, 6_00))

    def test_one_for_the_price_alone_takes_the_line_and_no_tax(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        lose(scenario, "USD 50.00", lines=[{"line_id": "A", "qty": 1}])
        assert (scenario.event(DisputeLost).lines[0].qty, kept(scenario)) == (1, (8_00, 6_00))

    def test_a_refund_after_it_gives_back_the_rest(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        lose(scenario, "USD 54.00", lines=[{"line_id": "A", "qty": 1}])
        give_back(scenario, "B")
        assert (refunded(scenario), kept(scenario)) == ("USD 60.00", (0, 0))

    def test_one_that_is_won_after_all_puts_the_charges_back(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        lose(scenario, "USD 114.00")
        scenario.submit("report_dispute_won", by=PARTNER, at=after_days(30), **DISPUTE)
        assert kept(scenario) == (8_00, 6_00)


class TestOtherWays:
    def test_a_lost_parcel_gives_the_tax_of_its_goods_back(self) -> None:
        scenario = paid().sent("P-1", A=1).sent("P-2", B=1).received("P-1")
        scenario.submit("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(9))
        scenario.submit("refund_lost_parcel", by=PLATFORM, parcel_id="P-1", refund_id="R-1", at=after_days(9))
        assert (refunded(scenario), kept(scenario)) == ("USD 54.00", (4_00, 6_00))

    def test_a_return_that_never_came_keeps_its_tax(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        give_back(scenario, "A", return_required=True, return_by=after_days(20))
        scenario.submit("expire_return", at=after_days(21), refund_id="R-A")
        assert (scenario.event(ReturnExpired).kept, kept(scenario)) == (None, (8_00, 6_00))

    def test_an_order_cut_before_it_is_paid_costs_less_tax(self) -> None:
        scenario = OrderScenario()
        scenario.submit("place_order", **basket(**SALE))
        cancel(scenario, "A")
        scenario.submit("report_payment_captured", **capture(amount="USD 60.00"))
        assert (scenario.event(PaymentAllocated).amount, kept(scenario)) == (usd("60.00"), (4_00, 6_00))

    def test_tax_that_was_paid_on_as_duty_is_the_platforms_to_give_back(self) -> None:
        scenario = paid().sent(A=1, B=1).signed()
        duty = {"parcel_id": "P-1", "partner": "broker", "assessment_ref": "T-1", "borne_by": "buyer"}
        scenario.submit("report_duty", by=PARTNER, **duty, amount="USD 6.00", declared_value="USD 100.00")
        give_back(scenario, "A")
        give_back(scenario, "B")
        assert (kept(scenario), scenario.base("2320"), scenario.balance("5120", "USD")) == ((0, 0), 0, 6_00)


def _of(kind: str, amount: str) -> dict[str, str]:
    return {"type": kind, "amount": amount}
