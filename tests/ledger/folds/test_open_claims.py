"""Open claims: a payout leaves the released money of the units that a dispute concerns, each unit once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.given import BUYER, PARTNER
from tests.support.orders import OrderScenario, after_days
from tests.support.payments import opened

UNIT = 18_000  # list price of one unit of line A, in fen


def two_parcels() -> OrderScenario:
    """Two units of line A in two parcels; the first is signed for and released, the second on its way."""
    scenario = OrderScenario().paid().sent("P-1", A=1).received("P-1").signed("P-1").sent("P-2", A=1)
    scenario.submit("release_settlement", at=after_days(8))
    assert scenario.order.lines["A"].pending == 1
    return scenario


def one_parcel() -> OrderScenario:
    """Two units of line A in one parcel, signed for and released."""
    scenario = OrderScenario().paid().sent("P-1", A=2).received("P-1").signed("P-1")
    scenario.submit("release_settlement", at=after_days(8))
    assert scenario.order.lines["A"].pending == 0
    return scenario


def disputed(scenario: OrderScenario, qty: int, *, reason: str, **other: Any) -> OrderScenario:
    reported = opened("USD 25.00", reason, lines=[{"line_id": "A", "qty": qty}], **other)
    scenario.submit("report_dispute_opened", by=PARTNER, at=after_days(9), **reported)
    return scenario


def asked_for(scenario: OrderScenario, qty: int = 1) -> OrderScenario:
    """A case for units of the signed parcel."""
    lines = [{"line_id": "A", "qty": qty}]
    data = {"refund_id": "R-1", "reason": "damaged", "lines": lines}
    scenario.submit("request_refund", by=BUYER, at=after_days(8.5), **data)
    return scenario


@pytest.mark.parametrize(
    ("reason", "claim"), [("not_received", 0), ("product_unacceptable", UNIT), ("fraudulent", UNIT)]
)
def test_a_dispute_claims_its_unit_where_a_decision_looks_for_it(reason: str, claim: int) -> None:
    assert disputed(two_parcels(), 1, reason=reason).order.claimed == claim


def test_a_dispute_whose_unit_arrives_after_all_claims_the_first_of_two_alike() -> None:
    scenario = disputed(two_parcels(), 1, reason="not_received")
    scenario.submit("report_signature", parcel_id="P-2", evidence_kind="recipient", at=after_days(10))
    assert scenario.order.claimed == UNIT


def test_a_unit_in_a_case_and_in_a_dispute_is_claimed_once() -> None:
    scenario = disputed(asked_for(one_parcel()), 1, reason="product_unacceptable")
    assert scenario.order.claimed == UNIT


def test_a_dispute_about_more_units_than_the_case_claims_the_others_too() -> None:
    scenario = disputed(asked_for(one_parcel()), 2, reason="product_unacceptable")
    assert scenario.order.claimed == 2 * UNIT


def test_two_disputes_about_one_unit_each_claim_two() -> None:
    scenario = disputed(one_parcel(), 1, reason="product_unacceptable")
    disputed(scenario, 1, reason="product_unacceptable", dispute_id="dp-2")
    assert scenario.order.claimed == 2 * UNIT


def test_a_dispute_claims_the_unreleased_units_of_its_parcel_first() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).received("P-1").signed("P-1")
    scenario.submit("hold_line", at=after_days(1), line_id="A", qty=1, parcel_id="P-1", hold_id="H-1", reason="checked")
    scenario.submit("release_settlement", at=after_days(8))
    assert scenario.order.lines["A"].pending == 1
    assert disputed(scenario, 1, reason="product_unacceptable").order.claimed == 0
