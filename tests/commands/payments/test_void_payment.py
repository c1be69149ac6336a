"""Voids: only what nobody captured, and never refused where the provider reports one."""

import pytest

from ledger.events.payment_requests import PaymentVoidRequested
from ledger.events.payments import PaymentVoided
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.refusals.payments import AlreadyCaptured, PaymentAlreadyVoided
from tests.support.orders import OrderScenario, after_days, basket, capture
from tests.support.payments import HELD, held


def test_a_void_is_asked_for_and_posts_nothing() -> None:
    scenario = held()
    (asked,) = scenario.submit("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(asked, PaymentVoidRequested)
    assert scenario.entries == []


def test_what_is_captured_is_refunded_and_not_voided() -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    refused = scenario.refusal("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(refused, AlreadyCaptured)
    assert refused.facts["captured"] == "USD 40.00"


def test_what_is_being_captured_is_not_voided() -> None:
    scenario = held()
    scenario.submit("capture_payment", payment_id="PAY-1")
    assert isinstance(scenario.refusal("void_payment", payment_id="PAY-1", reason="out_of_stock"), AlreadyCaptured)


def test_a_void_is_asked_for_once() -> None:
    scenario = held()
    scenario.submit("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(scenario.refusal("void_payment", payment_id="PAY-1", reason="again"), PaymentAlreadyVoided)


def test_a_reported_void_is_recorded_once() -> None:
    scenario = held()
    assert [type(event) for event in scenario.submit("report_payment_voided", **HELD)] == [PaymentVoided]
    assert scenario.submit("report_payment_voided", **HELD) == []


def test_a_void_of_what_is_captured_is_recorded_and_flagged() -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture())
    decided = scenario.submit("report_payment_voided", **HELD)
    assert [type(event) for event in decided] == [PaymentVoided, ReconciliationBreakOpened]
    assert scenario.breaks() == ["fact_contradicts_state"]


def test_the_rest_of_a_capture_in_part_is_given_back_without_a_break() -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    scenario.submit("report_payment_voided", **HELD | {"amount": "USD 29.44"})
    assert scenario.breaks() == []


def test_a_capture_after_the_void_stays_with_nobody() -> None:
    scenario = held()
    scenario.submit("report_payment_voided", **HELD)
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.breaks(), scenario.balance("2220", "USD")) == (["unexpected_capture"], -69_44)


def test_a_capture_reported_after_a_void_that_happened_later_is_an_ordinary_one() -> None:
    scenario = held()
    scenario.submit("report_payment_voided", **HELD, at=after_days(2))
    scenario.submit("report_payment_captured", **capture(), at=after_days(1))
    assert (scenario.order.confirmed, scenario.breaks()) == (True, ["fact_contradicts_state"])


def test_a_capture_reported_after_the_void_of_its_rest_opens_no_break() -> None:
    scenario = held()
    scenario.submit("report_payment_voided", **HELD | {"amount": "USD 29.44"}, at=after_days(2))
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"), at=after_days(1))
    assert (scenario.breaks(), scenario.balance("2220", "USD")) == ([], -40_00)


def test_a_capture_reported_after_its_hold_lapsed_later_is_an_ordinary_one() -> None:
    scenario = held()
    scenario.submit("report_authorisation_expired", **HELD, at=after_days(2))
    scenario.submit("report_payment_captured", **capture(), at=after_days(1))
    assert (scenario.order.confirmed, scenario.breaks()) == (True, ["fact_contradicts_state"])


def test_a_payment_is_begun_once() -> None:
    scenario = held()
    assert scenario.submit("report_payment_initiated", **HELD) == []
    assert len(scenario.submit("report_payment_initiated", **HELD | {"payment_id": "PAY-2"})) == 1


def test_a_hold_that_lapsed_is_recorded_once() -> None:
    scenario = held()
    assert len(scenario.submit("report_authorisation_expired", **HELD)) == 1
    assert scenario.submit("report_authorisation_expired", **HELD) == []


def test_a_hold_that_lapsed_after_its_capture_is_recorded_and_flagged() -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_authorisation_expired", **HELD)
    assert scenario.breaks() == ["fact_contradicts_state"]


@pytest.mark.parametrize("end", ["report_payment_voided", "report_authorisation_expired"])
def test_an_end_that_names_all_that_was_authorised_is_of_what_was_not_captured(end: str) -> None:
    scenario = held()
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 40.00"))
    scenario.submit(end, **HELD)
    assert scenario.breaks() == []


def test_an_authorisation_reported_after_its_void_has_ended() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_voided", **HELD | {"amount": "USD 29.44"}, at=after_days(2))
    scenario.submit("report_payment_authorised", **HELD)
    hold = scenario.order.payments.authorizations["PAY-1"]
    assert (str(hold.amount), hold.state, scenario.breaks()) == ("USD 69.44", "voided", [])
    assert isinstance(scenario.refusal("capture_payment", payment_id="PAY-1"), PaymentAlreadyVoided)


def test_captures_above_an_authorisation_that_is_reported_later_are_a_break() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_authorised", **HELD | {"amount": "USD 50.00"})
    assert scenario.breaks() == ["amount_mismatch"]
