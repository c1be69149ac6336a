"""Captures: booked at the day's rate, allocated once they cover the order, never refused."""

from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderConfirmed
from ledger.events.payments import PaymentAllocated, PaymentCaptured
from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import cny, usd
from tests.support.orders import OrderScenario, basket, capture

AUTHORISED: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "amount": "USD 69.44"}


def placed() -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    return scenario


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_a_capture_that_covers_the_order_confirms_it() -> None:
    scenario = placed()
    decided = scenario.submit("report_payment_captured", **capture())
    assert kinds(decided) == [PaymentCaptured, PaymentAllocated, OrderConfirmed]


def test_a_capture_is_booked_at_the_days_rate() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    assert scenario.event(PaymentCaptured).base == cny("498.58")


def test_a_capture_may_come_before_its_order() -> None:
    scenario = OrderScenario()
    assert kinds(scenario.submit("report_payment_captured", **capture())) == [PaymentCaptured]


def test_the_same_capture_reported_again_is_nothing_new() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture())
    assert scenario.submit("report_payment_captured", **capture()) == []


def test_the_same_capture_with_another_amount_posts_nothing_and_opens_a_break() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture())
    (opened,) = scenario.submit("report_payment_captured", **capture(amount="USD 69.45"))
    assert isinstance(opened, ReconciliationBreakOpened)
    assert (opened.kind, opened.expected, opened.actual) == ("amount_mismatch", "USD 69.44", "USD 69.45")


def test_the_same_contradiction_opens_one_break() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_payment_captured", **capture(amount="USD 69.45"))
    assert scenario.submit("report_payment_captured", **capture(amount="USD 69.45")) == []


def test_several_captures_pay_together() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    scenario.submit("report_payment_captured", **capture("cap-2", "USD 29.44"))
    assert [part.amount for part in scenario.event(PaymentAllocated).parts] == [usd("40.00"), usd("29.44")]


def test_what_is_captured_too_much_stays_unallocated_in_both_currencies() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(amount="USD 70.00"))
    assert (scenario.balance("2220", "USD"), scenario.base("2220")) == (-56, -4_02)


def test_what_is_captured_too_much_is_for_somebody_to_look_at() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    scenario.submit("report_payment_captured", **capture("cap-2", "USD 30.00"))
    opened = scenario.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.expected, opened.actual) == ("amount_mismatch", "USD 69.44", "USD 70.00")


def test_charges_take_their_share_of_the_base() -> None:
    scenario = OrderScenario()
    charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
    scenario.submit("place_order", **basket(charges=charges, buyer_total="USD 74.44"))
    scenario.submit("report_payment_captured", **capture(amount="USD 74.44"))
    allocated = scenario.event(PaymentAllocated)
    assert (allocated.goods_base, allocated.charges[0].base) == (cny("498.58"), cny("35.90"))


@pytest.mark.parametrize("amount", ["HKD 69.44", "CNY 500.00"])
def test_money_in_another_currency_is_booked_and_set_aside(amount: str) -> None:
    scenario = placed()
    decided = scenario.submit("report_payment_captured", **capture(amount=amount))
    assert kinds(decided) == [PaymentCaptured, ReconciliationBreakOpened]
    assert scenario.breaks() == ["unexpected_capture"]


def test_money_for_a_paid_order_is_booked_and_set_aside() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_payment_captured", **capture("cap-2"))
    assert (scenario.breaks(), scenario.balance("2220", "USD")) == (["unexpected_capture"], -69_44)


def test_money_for_a_cancelled_order_is_booked_and_set_aside() -> None:
    scenario = placed()
    scenario.submit("cancel_order", reason="out_of_stock")
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.breaks(), scenario.balance("2220", "USD")) == (["unexpected_capture"], -69_44)


def test_a_second_capture_above_the_authorisation_is_set_aside() -> None:
    scenario = placed()
    scenario.submit("report_payment_authorised", **AUTHORISED)
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    scenario.submit("report_payment_captured", **capture("cap-2", "USD 40.00"))
    assert (scenario.breaks(), scenario.order.confirmed) == (["unexpected_capture"], False)


def test_a_capture_after_the_authorisation_lapsed_is_set_aside() -> None:
    scenario = placed()
    scenario.submit("report_payment_authorised", **AUTHORISED, expires_at="2025-04-02T00:00:00Z")
    scenario.submit("report_payment_captured", at="2025-04-02T00:00:01Z", **capture())
    assert scenario.breaks() == ["unexpected_capture"]


def test_a_capture_after_a_void_is_set_aside() -> None:
    scenario = placed()
    scenario.submit("report_payment_authorised", **AUTHORISED)
    scenario.submit("report_payment_voided", **AUTHORISED)
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.breaks(), scenario.order.confirmed) == (["unexpected_capture"], False)


def test_a_capture_without_a_known_rate_is_a_break_and_can_be_reported_again() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(amount="JPY 10000"))
    assert (scenario.breaks(), scenario.entries) == (["rate_missing"], [])


def test_a_capture_from_the_future_is_recorded_and_flagged() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(), occurred_at="2025-04-01T08:05:01Z")
    assert (scenario.breaks(), scenario.order.confirmed) == (["future_timestamp"], True)


def test_clocks_may_differ_by_five_minutes() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(), occurred_at="2025-04-01T08:05:00Z")
    assert scenario.breaks() == []


def test_a_capture_of_the_same_name_at_another_provider_is_for_somebody_to_look_at() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture(psp="adyen"))
    assert (scenario.breaks(), scenario.balance("1110", "USD")) == (["fact_contradicts_state"], 69_44)


def test_a_capture_whose_failure_was_reported_first_confirms_nothing() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    failure: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "capture_ref": "cap-1", "code": "nsf"}
    scenario.submit("report_payment_failed", amount="USD 69.44", **failure)
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.order.status, scenario.balance("1110", "USD"), scenario.balance("2220", "USD")) == ("placed", 0, 0)
    scenario.submit("report_payment_captured", **capture("cap-2"))
    assert scenario.order.status == "confirmed"
