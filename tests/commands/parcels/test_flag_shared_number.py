"""A number that parcels of several orders have is a break in each of them, once a scan cannot be placed for it."""

from __future__ import annotations

from typing import Any

from ledger.events.settlement import ReconciliationBreakOpened
from ledger.refusals.catalogue import RoleNotAllowed
from tests.support.given import MERCHANT
from tests.support.orders import OrderScenario, after_days


def sent() -> OrderScenario:
    scenario = OrderScenario().paid()
    reported: dict[str, Any] = {"parcel_id": "P-1", "carrier": "SF", "tracking_no": "SF 1/2"}
    scenario.submit("report_dispatch", at=after_days(1), items=[{"line_id": "A", "qty": 2}], **reported)
    return scenario


def flagged(scenario: OrderScenario, number: str = "SF 1/2") -> list[ReconciliationBreakOpened]:
    decided = scenario.submit("flag_shared_number", tracking_no=number, at=after_days(2))
    return [event for event in decided if isinstance(event, ReconciliationBreakOpened)]


def test_a_shared_number_is_a_break_that_names_the_parcel() -> None:
    (opened,) = flagged(sent())
    assert (opened.kind, opened.refs["parcel_id"], opened.refs["tracking_no"]) == (
        "duplicate_tracking_no", "P-1", "SF 1/2"
    )  # fmt: skip


def test_it_is_one_break_however_often_it_is_flagged() -> None:
    scenario = sent()
    flagged(scenario)
    assert flagged(scenario) == []


def test_a_number_that_none_of_the_orders_parcels_has_is_none() -> None:
    assert flagged(sent(), "SF-2") == []


def test_a_merchant_does_not_flag_it() -> None:
    refusal = sent().refusal("flag_shared_number", by=MERCHANT, tracking_no="SF 1/2")
    assert isinstance(refusal, RoleNotAllowed)
