"""An order's memory of its parcels does not depend on the order of reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from ledger.events import parcels as shipment
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, as_read, furthest, place_on_the_way, still_valid
from ledger.folds.parcel import Parcel
from ledger.folds.parcel_facts import Fact
from ledger.folds.parcels import Parcels

T0 = datetime(2025, 4, 1, 8, tzinfo=UTC)
P1 = {"order_id": "O-1", "parcel_id": "P-1"}

CREATED = shipment.ParcelCreated(**P1, items=(shipment.ParcelItem(line_id="A", qty=2),), warehouse_id="W-1")
OTHER = shipment.ParcelCreated(
    order_id="O-1", parcel_id="P-2", items=(shipment.ParcelItem(line_id="A", qty=1),), warehouse_id="W-1"
)


def dispatched(hours: int = 0, *, tracking_no: str = "SF1") -> Event:
    return shipment.ParcelDispatched(
        **P1, carrier="SF", tracking_no=tracking_no, dispatched_at=T0 + timedelta(hours=hours)
    )


def signed(hours: int = 0, *, proof_ref: str = "") -> Event:
    at = T0 + timedelta(hours=hours)
    return shipment.ParcelSignedFor(**P1, happened_at=at, evidence_kind="recipient", proof_ref=proof_ref)


def fact(milestone: str, hours: int = 0) -> Event:
    at, event = T0 + timedelta(hours=hours), MILESTONES[milestone].event
    needed = {"warehouse_id": "W-1"} if "warehouse_id" in event.model_fields else {}
    return event.model_validate({**P1, "happened_at": at, **needed})


def remembered(*events: Event) -> Parcels:
    parcels = Parcels()
    for event in events:
        parcels.evolve(event)
    return parcels


def parcel(*events: Event) -> Parcel:
    found = remembered(*events).of("P-1")
    assert found is not None
    return found


def test_a_parcel_that_nothing_is_known_of_is_not_there() -> None:
    assert remembered(CREATED).of("P-9") is None


def test_a_packed_parcel_is_created() -> None:
    assert parcel(CREATED).status == "created"


def test_a_note_does_not_move_a_parcel() -> None:
    assert parcel(CREATED, fact("noted")).status == "created"


def test_a_late_scan_does_not_move_a_parcel_back() -> None:
    assert parcel(CREATED, fact("departed", 9), dispatched(1), fact("received_at_warehouse", 5)).status == "departed"


def test_of_two_states_of_one_rank_the_later_is_the_status() -> None:
    assert parcel(fact("delivery_attempted", 30), fact("out_for_delivery", 40)).status == "out_for_delivery"


def test_a_signature_outranks_a_loss() -> None:
    assert parcel(CREATED, dispatched(), signed(50), fact("lost", 60)).status == "signed_for"


def test_a_found_parcel_is_where_it_was_before_the_loss() -> None:
    assert parcel(CREATED, fact("departed", 10), fact("lost", 20), fact("found", 30)).status == "departed"


def test_a_found_parcel_is_not_lost() -> None:
    assert parcel(fact("found", 30), fact("lost", 20)).lost_at is None


def test_a_parcel_lost_again_is_lost() -> None:
    assert parcel(fact("lost", 20), fact("found", 30), fact("lost", 40)).lost_at == T0 + timedelta(hours=40)


PASSES = [
    ("rejected_at_warehouse", "received_at_warehouse"), ("export_rejected", "export_released"),
    ("import_refused", "import_released"),
]  # fmt: skip


@pytest.mark.parametrize(("turned_away", "let_pass"), PASSES)
def test_a_parcel_that_is_let_pass_after_all_is_turned_away_no_more(turned_away: str, let_pass: str) -> None:
    assert parcel(CREATED, fact(let_pass, 30), dispatched(), fact(turned_away, 20)).status == let_pass


@pytest.mark.parametrize(("turned_away", "let_pass"), PASSES)
def test_a_parcel_turned_away_after_it_was_let_pass_is_turned_away(turned_away: str, let_pass: str) -> None:
    assert parcel(CREATED, dispatched(), fact(let_pass, 20), fact(turned_away, 20)).status == turned_away


def test_a_parcel_found_before_its_units_travelled_on_is_not_lost() -> None:
    items = (shipment.ParcelItem(line_id="A", qty=2),)
    contents = (shipment.ParcelContents(parcel_id="P-3", items=items),)
    reported = {"order_id": "O-1", "from_parcels": ("P-1",), "to_parcels": ("P-3",), "tracking_no": ""}
    moved = shipment.ParcelsConsolidated(**reported, contents=contents, happened_at=T0 + timedelta(hours=40))
    known = remembered(CREATED, dispatched(), fact("lost", 20), fact("found", 30), moved)
    assert [parcel.status for parcel in known] == ["dispatched", "dispatched"]


def test_the_timeline_is_sorted_by_when_facts_happened() -> None:
    timeline = parcel(CREATED, signed(90), fact("departed", 9), dispatched(1)).timeline
    assert [entry.milestone for entry in timeline] == ["dispatched", "departed", "signed_for"]


def test_facts_may_come_before_the_parcel_is_created() -> None:
    assert parcel(dispatched(1)).items == ()


def test_assigned_counts_every_parcel_of_the_line() -> None:
    assert remembered(CREATED, OTHER).assigned("A") == 3


def test_what_the_warehouse_rejected_may_be_packed_again() -> None:
    assert remembered(CREATED, OTHER, dispatched(), fact("rejected_at_warehouse", 5)).assigned("A") == 1


def test_a_lost_parcel_stays_assigned() -> None:
    assert remembered(CREATED, dispatched(), fact("lost", 5)).assigned("A") == 2


def test_only_what_was_handed_over_is_dispatched() -> None:
    assert remembered(CREATED, OTHER, dispatched()).dispatched("A") == 2


def test_what_the_warehouse_rejected_is_not_dispatched() -> None:
    assert remembered(CREATED, dispatched(), fact("rejected_at_warehouse", 5)).dispatched("A") == 0


def test_what_came_back_to_the_warehouse_has_left_the_merchant() -> None:
    assert remembered(CREATED, dispatched(), fact("returned_to_warehouse", 5)).dispatched("A") == 2


def test_a_journey_ends_with_the_signature() -> None:
    (journey,) = remembered(CREATED, dispatched(1), signed(50)).journeys("A")
    assert (journey.ended, journey.signed_at) == ("signed_for", T0 + timedelta(hours=50))


def test_a_journey_on_its_way_has_no_end() -> None:
    (journey,) = remembered(CREATED, dispatched(1), fact("departed", 9)).journeys("A")
    assert journey.ended == ""


def test_a_line_in_no_parcel_has_no_journeys() -> None:
    assert remembered(CREATED).journeys("B") == []


def test_a_parcel_is_found_by_its_tracking_number() -> None:
    assert remembered(CREATED, dispatched(tracking_no="SF7")).tracked_as("SF7") is not None


def test_a_consolidated_parcel_says_so_in_its_timeline() -> None:
    event = shipment.ParcelsConsolidated(
        order_id="O-1",
        from_parcels=("P-1", "P-2"),
        to_parcels=("P-3",),
        tracking_no="C1",
        contents=(),
        happened_at=T0,
    )
    assert parcel(CREATED, event).timeline == [Fact("consolidated", T0, "C1")]


PLAIN = sorted(word for word, milestone in MILESTONES.items() if "raw_code" in milestone.event.model_fields)
FACTS = st.one_of(
    st.builds(fact, st.sampled_from([word for word in PLAIN if word != "signed_for"]), st.integers(0, 12)),
    st.builds(dispatched, st.integers(0, 12), tracking_no=st.sampled_from(("SF1", "SF2"))),
    st.builds(signed, st.integers(0, 12), proof_ref=st.sampled_from(("", "p1"))),
    st.just(CREATED),
)


@given(st.lists(FACTS, min_size=1, max_size=12), st.randoms())
def test_facts_in_any_order_give_the_same_parcel(events: list[Event], random: Random) -> None:
    shuffled = random.sample(events, len(events))
    note(f"{events} against {shuffled}")
    assert _seen(events) == _seen(shuffled)


def _seen(events: list[Event]) -> object:
    one = parcel(*events)
    return one.status, one.timeline, one.dispatch, one.signature, one.lost_at, one.journey("A")


@given(words=st.lists(st.sampled_from(sorted(MILESTONES)), max_size=8), hours=st.lists(st.integers(0, 3), min_size=8))
def test_the_furthest_fact_is_the_one_of_the_highest_rank_as_facts_are_read(words: list[str], hours: list[int]) -> None:
    facts = [Fact.of(word, T0 + timedelta(hours=n), "") for word, n in zip(words, hours, strict=False)]
    read = [
        (MILESTONES[each.word].rank, each.fact.happened_at, place_on_the_way(each.word), each)
        for each in as_read(still_valid(facts))
    ]
    assert furthest(facts) == (max(read)[-1] if read else None), (words, hours)


def test_a_parcel_that_came_from_no_other_has_one_journey_for_all_its_lines() -> None:
    parcels = remembered(CREATED, dispatched(1), fact("received_at_warehouse", 2), fact("departed", 3), signed(5))
    parcel = parcels.of("P-1")
    assert parcel is not None
    assert replace(parcels.whole_journey(parcel), qty=2) == parcels.journey(parcel, "A")
