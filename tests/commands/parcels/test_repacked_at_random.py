"""Random reports about repacked parcels are recorded, keep the number of units, and put no parcel inside itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.orders import OrderScenario, after_days

NAMES = st.sampled_from(["P-1", "P-2", "P-3", "P-4", "P-5"])
CONSOLIDATION = st.fixed_dictionaries(
    {"from_parcels": st.lists(NAMES, min_size=1, max_size=2, unique=True), "to_parcel": NAMES}
)
ITEMS = st.lists(
    st.fixed_dictionaries({"line_id": st.sampled_from(["A", "B", "Z"]), "qty": st.integers(1, 3)}),
    min_size=1,
    max_size=2,
)
PARTS = st.lists(
    st.fixed_dictionaries({"parcel_id": NAMES, "items": ITEMS}),
    min_size=1,
    max_size=2,
    unique_by=lambda p: p["parcel_id"],
)
SPLIT = st.fixed_dictionaries({"parcel_id": NAMES, "parts": PARTS})
MILESTONES = st.sampled_from(
    ["departed", "export_rejected", "export_released", "lost", "found", "returned_to_warehouse"]
)
FACT = st.fixed_dictionaries({"parcel_id": NAMES, "milestone": MILESTONES})
STEPS = st.lists(st.tuples(st.one_of(CONSOLIDATION, SPLIT, FACT), st.integers(1, 9)), min_size=1, max_size=8)


def submit(scenario: OrderScenario, reported: dict[str, Any], days: int) -> None:
    at = after_days(days)
    if "to_parcel" in reported:
        if reported["to_parcel"] not in reported["from_parcels"]:
            scenario.submit("report_consolidation", at=at, **reported)
    elif "parts" in reported:
        if reported["parcel_id"] not in {part["parcel_id"] for part in reported["parts"]}:
            scenario.submit("report_split", at=at, **reported)
    elif reported["milestone"] == "lost":
        scenario.submit("report_loss", at=at, parcel_id=reported["parcel_id"])
    else:
        scenario.submit("report_tracking", at=at, **reported)


@settings(deadline=None)
@given(STEPS)
def test_no_report_of_repacking_is_refused_or_makes_units(steps: list[tuple[dict[str, Any], int]]) -> None:
    note(str(steps))
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    for reported, days in steps:
        submit(scenario, reported, days)
    held = Counter[str]()
    for parcel in scenario.order.parcels:
        held += scenario.order.parcels.quantities(parcel.parcel_id)
    assert held == {"A": 2, "B": 1}


def test_a_parcel_packed_into_what_it_came_from_moves_nothing_and_is_flagged() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2)
    scenario.submit("report_consolidation", at=after_days(1), from_parcels=["P-1"], to_parcel="P-3")
    scenario.submit("report_consolidation", at=after_days(2), from_parcels=["P-3"], to_parcel="P-1")
    scenario.submit(
        "report_tracking", at=after_days(0.5), parcel_id="P-1", milestone="received_at_warehouse", warehouse_id="W-1"
    )
    opened = scenario.event(ReconciliationBreakOpened)
    assert (opened.refs["parcel_id"], opened.refs["about"]) == ("P-1", "target")
    assert [p.status for p in scenario.order.parcels if p.items] == ["received_at_warehouse"]
