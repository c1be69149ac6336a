"""Captures on demand: an instruction to the provider, never more than the issuer holds."""

from ledger.events.payment_requests import PaymentCaptureRequested
from ledger.refusals.catalogue import IdempotencyKeyReused, OrderNotConfirmed, RoleNotAllowed, WrongCurrency
from ledger.refusals.payments import (
    AlreadyCaptured,
    AmountExceedsAuthorized,
    AuthorizationExpired,
    PaymentAlreadyVoided,
    PaymentNotAuthorized,
)
from tests.support.given import MERCHANT, usd
from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import HELD, held


def test_a_capture_is_asked_for_and_posts_nothing() -> None:
    scenario = held()
    (asked,) = scenario.submit("capture_payment", payment_id="PAY-1")
    assert isinstance(asked, PaymentCaptureRequested)
    assert (asked.amount, asked.psp_ref, scenario.entries) == (usd("69.44"), "pi-1", [])


def test_a_part_may_be_captured_and_the_rest_later() -> None:
    scenario = held()
    scenario.submit("capture_payment", payment_id="PAY-1", amount="USD 40.00")
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    (asked,) = scenario.submit("capture_payment", payment_id="PAY-1")
    assert isinstance(asked, PaymentCaptureRequested)
    assert asked.amount == usd("29.44")


def test_what_is_asked_for_already_is_not_asked_for_again() -> None:
    scenario = held()
    scenario.submit("capture_payment", payment_id="PAY-1", amount="USD 40.00")
    refused = scenario.refusal("capture_payment", payment_id="PAY-1", amount="USD 29.45")
    assert isinstance(refused, AmountExceedsAuthorized)
    assert refused.facts == {"asked": "USD 29.45", "remaining": "USD 29.44", "authorized": "USD 69.44"}


def test_two_requests_under_one_id_would_be_one_to_the_provider() -> None:
    scenario = held()
    scenario.submit("capture_payment", payment_id="PAY-1", amount="USD 40.00", request_id="cap-req")
    refused = scenario.refusal("capture_payment", payment_id="PAY-1", amount="USD 29.44", request_id="cap-req")
    assert isinstance(refused, IdempotencyKeyReused)


def test_more_than_is_held_is_not_captured() -> None:
    assert isinstance(
        held().refusal("capture_payment", payment_id="PAY-1", amount="USD 69.45"), AmountExceedsAuthorized
    )


def test_another_currency_than_is_held_is_not_captured() -> None:
    assert isinstance(held().refusal("capture_payment", payment_id="PAY-1", amount="HKD 1.00"), WrongCurrency)


def test_what_is_captured_in_full_is_not_captured_again() -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture())
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), AlreadyCaptured)


def test_what_is_voided_is_not_captured() -> None:
    scenario = held()
    scenario.submit("report_payment_voided", **HELD)
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), PaymentAlreadyVoided)


def test_what_is_being_voided_is_not_captured() -> None:
    scenario = held()
    scenario.submit("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), PaymentAlreadyVoided)


def test_what_has_lapsed_is_not_captured() -> None:
    scenario = held()
    scenario.submit("report_authorisation_expired", **HELD)
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), AuthorizationExpired)


def test_a_hold_lapses_by_itself() -> None:
    scenario = held(expires_at="2025-04-02T00:00:00Z")
    refused = scenario.refusal("capture_payment", payment_id="PAY-1", at="2025-04-02T00:00:01Z")
    assert isinstance(refused, AuthorizationExpired)


def test_what_nobody_holds_is_not_captured() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), PaymentNotAuthorized)


def test_nothing_is_captured_for_a_cancelled_order() -> None:
    scenario = held()
    scenario.submit("cancel_order", reason="out_of_stock")
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), OrderNotConfirmed)


def test_a_merchant_captures_nothing() -> None:
    assert isinstance(held().refusal("capture_payment", by=MERCHANT, payment_id="PAY-1"), RoleNotAllowed)


def test_a_capture_that_failed_can_be_asked_for_again() -> None:
    scenario = held()
    scenario.submit("capture_payment", payment_id="PAY-1")
    scenario.submit(
        "report_payment_failed", payment_id="PAY-1", psp="stripe", amount="USD 69.44", code="processing_error"
    )
    assert len(scenario.submit("capture_payment", payment_id="PAY-1")) == 1
