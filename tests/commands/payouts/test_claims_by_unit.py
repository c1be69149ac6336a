"""A payout leaves money for open cases and disputes, counted only for the units that they may take."""

from __future__ import annotations

from tests.support.given import BUYER, PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days
from tests.support.payments import opened

ONE_A = [{"line_id": "A", "qty": 1}]  # of two at CNY 180.00


def first_unit_released() -> OrderScenario:
    """One unit of A is signed for and released; the other is on its way for longer than after-sales is locked."""
    scenario = OrderScenario().paid().sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(2))
    scenario.submit("release_settlement", at=after_days(12))
    return scenario


def asked_back(kind: str) -> OrderScenario:
    scenario = first_unit_released()
    reported = {"refund_id": "R-1", "reason": "their_word", "type": kind, "lines": ONE_A}
    scenario.submit("request_refund", by=BUYER, at=after_days(25), **reported)
    return scenario


def test_a_case_about_a_unit_that_is_not_released_leaves_the_released_one_to_be_paid() -> None:
    assert asked_back("not_received").order.claimed == 0


def test_a_case_about_the_released_unit_leaves_its_price() -> None:
    assert asked_back("return_refund").order.claimed == 180_00


def test_once_parcels_were_packed_anew_a_case_is_of_the_whole_line() -> None:
    scenario = asked_back("not_received")
    parts = [{"parcel_id": "P-3", "items": ONE_A}]
    scenario.submit("report_split", by=PARTNER, parcel_id="P-2", parts=parts, at=after_days(26))
    assert scenario.order.claimed == 180_00


def test_a_dispute_about_one_of_two_released_units_leaves_the_price_of_the_dearer_one() -> None:
    """CNY 72.00 of the first unit were refunded before its release; the second unit has its full price, CNY 180.00."""
    scenario = OrderScenario().paid().sent("P-1", A=1).signed("P-1", at=after_days(2))
    reported = {"refund_id": "R-1", "reason": "broken", "type": "return_refund", "lines": ONE_A}
    scenario.submit("request_refund", by=BUYER, at=after_days(3), **reported)
    less = {"refund_id": "R-1", "round": 1, "lines": [{"line_id": "A", "amount": "USD 10.00"}]}
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(4), **less)
    scenario.sent("P-2", A=1, at=after_days(5)).signed("P-2", at=after_days(6))
    scenario.submit("release_settlement", at=after_days(20))
    about = opened("USD 25.00", "fraudulent", lines=ONE_A)
    scenario.submit("report_dispute_opened", by=PARTNER, at=after_days(21), **about)
    assert scenario.order.claimed == 180_00
