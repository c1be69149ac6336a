"""Orders nobody paid: they end when the time to pay is over, and never while money is held for them."""

from typing import Any

from ledger.events.orders import OrderExpired
from ledger.policies.payment_terms import PaymentTerms
from ledger.refusals.catalogue import OrderNotConfirmed, RoleNotAllowed
from ledger.refusals.payments import OrderNotExpired, OrderPaid, PaymentUnderWay
from tests.support.given import BUYER
from tests.support.orders import OrderScenario, after_days, basket, capture

HOLD: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "amount": "USD 69.44"}


def placed(**other: Any) -> OrderScenario:
    scenario = OrderScenario(**other)
    scenario.submit("place_order", **basket())
    return scenario


def test_an_order_nobody_paid_expires_when_its_time_is_over() -> None:
    (event,) = placed().submit("expire_order", at=after_days(3))
    assert event == OrderExpired(order_id="O-1", reason="not_paid")


def test_an_order_can_be_paid_until_the_last_moment() -> None:
    refusal = placed().refusal("expire_order", at=after_days(3 - 0.001))
    assert isinstance(refusal, OrderNotExpired)
    assert refusal.pay_by == after_days(3)


def test_where_the_policy_sets_no_time_nothing_expires() -> None:
    never = PaymentTerms.model_validate({"order_must_follow_within": "PT30M"})
    assert isinstance(placed(policies=(never,)).refusal("expire_order", at=after_days(400)), OrderNotExpired)


def test_a_paid_order_does_not_expire() -> None:
    assert isinstance(OrderScenario().paid().refusal("expire_order", at=after_days(3)), OrderPaid)


def test_money_that_an_issuer_holds_keeps_the_order_open() -> None:
    scenario = placed()
    scenario.submit("report_payment_authorised", expires_at=after_days(7), **HOLD)
    assert isinstance(scenario.refusal("expire_order", at=after_days(4)), PaymentUnderWay)


def test_a_hold_that_is_over_keeps_nothing_open() -> None:
    scenario = placed()
    scenario.submit("report_payment_authorised", expires_at=after_days(7), **HOLD)
    scenario.submit("expire_order", at=after_days(7.1))
    assert scenario.order.status == "expired"


def test_part_of_the_money_keeps_the_order_open_for_a_person() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(amount="USD 50.00"))
    assert isinstance(scenario.refusal("expire_order", at=after_days(4)), PaymentUnderWay)


def test_money_that_comes_after_the_order_expired_is_nobodys_and_flagged() -> None:
    scenario = placed()
    scenario.submit("expire_order", at=after_days(3))
    scenario.submit("report_payment_captured", at=after_days(4), **capture())
    assert (scenario.breaks(), scenario.balance("2220", "USD"), scenario.balance("2110")) == (
        ["unexpected_capture"],
        -69_44,
        0,
    )


def test_an_order_expires_once() -> None:
    scenario = placed()
    scenario.submit("expire_order", at=after_days(3))
    assert isinstance(scenario.refusal("expire_order", at=after_days(4)), OrderNotConfirmed)


def test_only_the_platform_says_that_an_order_expired() -> None:
    assert isinstance(placed().refusal("expire_order", by=BUYER, at=after_days(3)), RoleNotAllowed)
