"""Voids: only what nobody captured, and never refused where the provider reports one."""

from ledger.events.payment_requests import PaymentVoidRequested
from ledger.events.payments import PaymentAuthorizationExpired, PaymentVoided
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.refusals.payments import AlreadyCaptured, PaymentAlreadyVoided
from tests.support.orders import after_days, capture
from tests.support.payments import HELD, held


def test_a_void_is_asked_for_and_posts_nothing() -> None:
    story = held()
    (asked,) = story.tell("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(asked, PaymentVoidRequested)
    assert story.entries == []


def test_what_is_captured_is_refunded_and_not_voided() -> None:
    story = held()
    story.tell("report_payment_captured", **capture("cap-1", "USD 40.00"))
    refused = story.refusal("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(refused, AlreadyCaptured)
    assert refused.facts["captured"] == "USD 40.00"


def test_what_is_being_captured_is_not_voided() -> None:
    story = held()
    story.tell("capture_payment", payment_id="PAY-1")
    assert isinstance(story.refusal("void_payment", payment_id="PAY-1", reason="out_of_stock"), AlreadyCaptured)


def test_a_void_is_asked_for_once() -> None:
    story = held()
    story.tell("void_payment", payment_id="PAY-1", reason="out_of_stock")
    assert isinstance(story.refusal("void_payment", payment_id="PAY-1", reason="again"), PaymentAlreadyVoided)


def test_a_reported_void_is_recorded_once() -> None:
    story = held()
    assert [type(event) for event in story.tell("report_payment_voided", **HELD)] == [PaymentVoided]
    assert story.tell("report_payment_voided", **HELD) == []


def test_a_void_of_what_is_captured_is_recorded_and_flagged() -> None:
    story = held()
    story.tell("report_payment_captured", **capture())
    decided = story.tell("report_payment_voided", **HELD)
    assert [type(event) for event in decided] == [PaymentVoided, ReconciliationBreakOpened]
    assert story.breaks() == ["fact_contradicts_state"]


def test_the_rest_of_a_capture_in_part_is_given_back_without_a_break() -> None:
    story = held()
    story.tell("report_payment_captured", **capture("cap-1", "USD 40.00"))
    story.tell("report_payment_voided", **HELD | {"amount": "USD 29.44"})
    assert story.breaks() == []


def test_a_capture_after_the_void_stays_with_nobody() -> None:
    story = held()
    story.tell("report_payment_voided", **HELD)
    story.tell("report_payment_captured", **capture())
    assert (story.breaks(), story.balance("2220", "USD")) == (["unexpected_capture"], -69_44)


def test_a_capture_told_after_a_void_that_happened_later_is_an_ordinary_one() -> None:
    story = held()
    story.tell("report_payment_voided", **HELD, at=after_days(2))
    story.tell("report_payment_captured", **capture(), at=after_days(1))
    assert (story.order.confirmed, story.breaks()) == (True, ["fact_contradicts_state"])


def test_a_capture_told_after_the_void_of_its_rest_opens_no_break() -> None:
    story = held()
    story.tell("report_payment_voided", **HELD | {"amount": "USD 29.44"}, at=after_days(2))
    story.tell("report_payment_captured", **capture("cap-1", "USD 40.00"), at=after_days(1))
    assert (story.breaks(), story.balance("2220", "USD")) == ([], -40_00)


def test_a_capture_told_after_its_hold_lapsed_later_is_an_ordinary_one() -> None:
    story = held()
    story.tell("report_authorization_expired", **HELD, at=after_days(2))
    story.tell("report_payment_captured", **capture(), at=after_days(1))
    assert (story.order.confirmed, story.breaks()) == (True, ["fact_contradicts_state"])


def test_a_payment_is_begun_once() -> None:
    story = held()
    assert story.tell("report_payment_initiated", **HELD) == []
    assert len(story.tell("report_payment_initiated", **HELD | {"payment_id": "PAY-2"})) == 1


def test_a_hold_that_lapsed_is_recorded_once() -> None:
    story = held()
    assert len(story.tell("report_authorization_expired", **HELD)) == 1
    assert story.tell("report_authorization_expired", **HELD) == []


def test_a_hold_that_lapsed_after_its_capture_is_recorded_and_flagged() -> None:
    story = held()
    story.tell("report_payment_captured", **capture())
    story.tell("report_authorization_expired", **HELD)
    assert story.breaks() == ["fact_contradicts_state"]


def test_a_lapse_that_names_all_that_was_authorised_is_of_what_was_not_captured() -> None:
    story = held()
    story.tell("report_payment_captured", **capture("cap-1", "USD 40.00"))
    (lapsed,) = story.tell("report_authorization_expired", **HELD)
    assert isinstance(lapsed, PaymentAuthorizationExpired)
    assert (str(lapsed.amount), story.breaks()) == ("USD 29.44", [])
