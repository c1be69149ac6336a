"""Authorisations: remembered, never posted."""

from typing import Any

from ledger.events.payments import PaymentAuthorized
from tests.support.orders import OrderScenario

HOLD: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "psp_ref": "ch-1", "amount": "USD 69.44"}


def test_an_authorisation_is_remembered_and_moves_no_money() -> None:
    scenario = OrderScenario()
    (held,) = scenario.submit("report_payment_authorised", **HOLD)
    assert isinstance(held, PaymentAuthorized)
    assert scenario.entries == []


def test_the_same_authorisation_reported_again_is_nothing_new() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_authorised", **HOLD)
    assert scenario.submit("report_payment_authorised", **HOLD) == []


def test_the_same_authorisation_over_another_amount_is_a_break() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_authorised", **HOLD)
    scenario.submit("report_payment_authorised", **HOLD | {"amount": "USD 70.00"})
    assert scenario.breaks() == ["amount_mismatch"]


def test_a_declined_payment_may_be_authorised_when_tried_again() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_failed", **HOLD, code="insufficient_funds")
    (held,) = scenario.submit("report_payment_authorised", **HOLD)
    assert isinstance(held, PaymentAuthorized)
