"""A customs declaration that does not match its order and payment in time opens a break."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.settlement import ReconciliationBreakOpened
from ledger.refusals.catalogue import RoleNotAllowed
from tests.support.given import MERCHANT
from tests.support.orders import OrderScenario, after_days, basket, capture

D1: dict[str, Any] = {"declaration_no": "D-1"}


def flag(scenario: OrderScenario, mismatch: str, **data: Any) -> list[str]:
    """Submits the check and returns the subjects of the opened breaks."""
    reported: dict[str, Any] = {"parcel_ids": ["P-1"], "mismatch": mismatch, "at": after_days(3)} | data
    decided = scenario.submit("flag_customs_tie", **reported)
    return [event.refs["about"] for event in decided if isinstance(event, ReconciliationBreakOpened)]


def declared(scenario: OrderScenario, **other: Any) -> OrderScenario:
    reported = D1 | {"customs_mode": "9610"} | other
    scenario.submit("report_tracking", parcel_id="P-1", milestone="export_declared", at=after_days(1), **reported)
    return scenario


def departed() -> OrderScenario:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("report_tracking", parcel_id="P-1", milestone="departed", at=after_days(1))
    return scenario


def test_a_parcel_that_left_without_a_declaration_is_a_break_once() -> None:
    scenario = departed()
    assert flag(scenario, "not_declared") == ["not_declared"]
    assert flag(scenario, "not_declared") == []


def test_a_parcel_declared_since_is_none() -> None:
    assert flag(declared(departed()), "not_declared") == []


def test_one_declaration_for_several_orders_is_a_break() -> None:
    assert flag(declared(departed()), "shared_declaration", **D1) == ["shared_declaration"]


@pytest.mark.parametrize("mismatch", ["no_payment", "payment_unequal"])
def test_what_has_come_to_tie_is_none(mismatch: str) -> None:
    assert flag(declared(departed()), mismatch, **D1) == []


def test_a_receipt_of_another_amount_is_a_break_when_it_is_declared_and_no_other_later() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(amount="USD 70.00"))
    declared(scenario.sent(A=2, B=1))
    opened = scenario.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.expected, opened.actual) == ("customs_tie", "USD 69.44", "USD 70.00")
    assert flag(scenario, "payment_unequal", **D1) == []


def test_a_receipt_that_failed_since_is_a_break() -> None:
    scenario = declared(departed())
    failed: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "capture_ref": "cap-1", "amount": "USD 69.44"}
    scenario.submit("report_payment_failed", at=after_days(2), code="reversed", **failed)
    assert flag(scenario, "no_payment", **D1) == ["payment"]


def test_what_a_buyer_no_longer_pays_for_is_not_missed() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("cancel_order", reason="less", lines=[{"line_id": "B", "qty": 1}])
    scenario.submit("report_payment_captured", **capture(amount="USD 50.00"))
    declared(scenario.sent(A=2))
    assert scenario.breaks() == []


def test_a_merchant_does_not_flag_it() -> None:
    refusal = departed().refusal("flag_customs_tie", by=MERCHANT, parcel_ids=["P-1"], mismatch="not_declared")
    assert isinstance(refusal, RoleNotAllowed)
