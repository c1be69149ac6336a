"""Authorisations: remembered, never posted."""

from typing import Any

from ledger.events.payments import PaymentAuthorized
from tests.support.orders import OrderStory

HOLD: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "psp_ref": "ch-1", "amount": "USD 69.44"}


def test_an_authorisation_is_remembered_and_moves_no_money() -> None:
    story = OrderStory()
    (held,) = story.tell("report_payment_authorised", **HOLD)
    assert isinstance(held, PaymentAuthorized)
    assert story.entries == []


def test_the_same_authorisation_told_again_is_nothing_new() -> None:
    story = OrderStory()
    story.tell("report_payment_authorised", **HOLD)
    assert story.tell("report_payment_authorised", **HOLD) == []


def test_the_same_authorisation_over_another_amount_is_a_break() -> None:
    story = OrderStory()
    story.tell("report_payment_authorised", **HOLD)
    story.tell("report_payment_authorised", **HOLD | {"amount": "USD 70.00"})
    assert story.breaks() == ["amount_mismatch"]


def test_a_declined_payment_may_be_authorised_when_tried_again() -> None:
    story = OrderStory()
    story.tell("report_payment_failed", **HOLD, code="insufficient_funds")
    (held,) = story.tell("report_payment_authorised", **HOLD)
    assert isinstance(held, PaymentAuthorized)
