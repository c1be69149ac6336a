"""Parcels turned away at a gate: what they may still do, and what it means where they are let pass after all."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.refusals.after_sales import ParcelNotRefused
from ledger.refusals.catalogue import AfterSalesLocked, QtyExceedsRemaining
from tests.support.given import BUYER, PLATFORM
from tests.support.orders import OrderScenario, after_days

ASKED: dict[str, Any] = {"by": BUYER, "refund_id": "R-1", "reason": "changed_mind"}
ALL = [{"line_id": "A", "qty": 2}, {"line_id": "B", "qty": 1}]
REFUSED: dict[str, Any] = {"refund_id": "R-1", "parcel_id": "P-1", "reason": "documents", "by": PLATFORM}


def sent(*way: tuple[str, float], express: bool = True) -> OrderScenario:
    """All of the order is handed over, and then this happens to it: milestones and days."""
    scenario = OrderScenario(express=express).paid().sent(A=2, B=1)
    for milestone, days in way:
        reported(scenario, milestone, days)
    return scenario


def reported(scenario: OrderScenario, milestone: str, days: float, **data: Any) -> list[Event]:
    where: dict[str, Any] = {"warehouse_id": "W-1"} if milestone.endswith("at_warehouse") else {}
    return scenario.submit(
        "report_tracking", parcel_id="P-1", milestone=milestone, at=after_days(days), **where, **data
    )


def abouts(events: list[Event]) -> list[str]:
    return [event.refs["about"] for event in events if isinstance(event, ReconciliationBreakOpened)]


FORWARDED = (("rejected_at_warehouse", 1), ("received_at_warehouse", 2), ("departed", 3))


def test_what_the_warehouse_rejected_is_with_the_merchant_and_refunded_at_once() -> None:
    scenario = sent(FORWARDED[0])
    scenario.submit("request_refund", at=after_days(1), **ASKED)
    assert scenario.order.completed


def test_what_a_warehouse_took_after_a_rejection_is_on_its_way_and_locked() -> None:
    refusal = sent(*FORWARDED).refusal("request_refund", at=after_days(4), **ASKED)
    assert isinstance(refusal, AfterSalesLocked)


@pytest.mark.parametrize("way", [FORWARDED, FORWARDED[::-1]], ids=["in order", "reported backwards"])
def test_what_a_warehouse_took_after_a_rejection_is_not_packed_again(way: tuple[tuple[str, float], ...]) -> None:
    again = {"parcel_id": "P-2", "items": ALL, "warehouse_id": "W-1"}
    assert isinstance(sent(*way).refusal("create_parcel", at=after_days(4), **again), QtyExceedsRemaining)


def test_what_is_taken_after_a_rejection_and_a_refund_is_to_be_stopped() -> None:
    scenario = sent(FORWARDED[0])
    scenario.submit("request_refund", at=after_days(1), **ASKED)
    (asked,) = [event for event in reported(scenario, *FORWARDED[1]) if isinstance(event, ReconciliationBreakOpened)]
    assert (asked.kind, asked.refs["ask"]) == ("fact_contradicts_state", "interception")


def test_an_export_released_after_a_rejection_is_not_refunded_as_refused() -> None:
    scenario = sent(("export_declared", 2), ("export_rejected", 3), ("export_released", 5))
    refusal = scenario.refusal("refund_refused_parcel", at=after_days(6), **REFUSED)
    assert isinstance(refusal, ParcelNotRefused)


@pytest.mark.parametrize(
    ("refused", "passed"), [("export_rejected", "export_released"), ("import_refused", "import_released")]
)
def test_a_parcel_let_pass_after_its_refund_is_a_break(refused: str, passed: str) -> None:
    scenario = sent((refused, 3))
    scenario.submit("refund_refused_parcel", at=after_days(4), **REFUSED)
    assert abouts(reported(scenario, passed, 5)) == ["refunded"]


@pytest.mark.parametrize(
    ("turned_away", "beyond"),
    [
        ("rejected_at_warehouse", "export_declared"),
        ("export_rejected", "departed"),
        ("import_refused", "out_for_delivery"),
        ("returned_to_warehouse", "arrived"),
    ],
)
def test_a_step_beyond_where_the_parcel_was_turned_away_is_a_break(turned_away: str, beyond: str) -> None:
    assert abouts(reported(sent((turned_away, 3)), beyond, 4)) == [turned_away]
    assert abouts(reported(sent((beyond, 4)), turned_away, 3)) == [turned_away]


@pytest.mark.parametrize(
    ("turned_away", "next_step"),
    [
        ("rejected_at_warehouse", "received_at_warehouse"),
        ("export_rejected", "export_declared"),
        ("export_rejected", "returning_to_sender"),
        ("import_refused", "departed"),
        ("import_refused", "import_presented"),
        ("returning_to_sender", "returned_to_warehouse"),
    ],
)
def test_what_usually_follows_is_none(turned_away: str, next_step: str) -> None:
    assert abouts(reported(sent((turned_away, 3)), next_step, 4)) == []


def test_what_is_declared_anew_after_a_rejection_may_have_another_number() -> None:
    scenario = sent()
    reported(scenario, "export_declared", 2, customs_mode="9610", declaration_no="D-1")
    reported(scenario, "export_rejected", 3, customs_mode="9610", declaration_no="D-1")
    assert abouts(reported(scenario, "export_declared", 4, customs_mode="9610", declaration_no="D-2")) == []


@pytest.mark.parametrize(
    ("milestone", "name", "values"),
    [
        ("received_at_warehouse", "condition", ("good", "good")),
        ("export_declared", "declaration_no", ("D-1", "D-2")),
        ("delivery_attempted", "attempt_no", (1, 2)),
        ("damaged", "evidence_ref", ("photo-1", "photo-2")),
        ("noted", "text", ("left at the gate", "dog at the gate")),
    ],
)
def test_two_facts_of_one_kind_and_instant_are_both_kept(milestone: str, name: str, values: tuple[Any, Any]) -> None:
    scenario = sent()
    recorded = [bool(reported(scenario, milestone, 2, **{name: value})) for value in values]
    assert recorded == [True, values[0] != values[1]]
