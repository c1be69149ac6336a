"""A row of tracking stands where the order's stream says the parcel stands, though it keeps only a few of the facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, note
from hypothesis import strategies as st

from ledger.events.deliveries import GOING_BACK
from ledger.events.milestones import MILESTONES, UNDONE_BY, furthest
from projections.engine.batch import Row
from projections.tracking.parcel_status import Fact, reach
from projections.tracking.tables import BLANK_PARCEL

T0 = datetime(2025, 4, 1, 8, tzinfo=UTC)
TURNS = [word for pair in UNDONE_BY.items() for word in pair]
DELIVERED = ["signed_for", "deemed_signed", *sorted(GOING_BACK)]
FACTS = st.builds(
    lambda word, hours, named: Fact(word, T0 + timedelta(hours=hours), to_recipient=named and word == "signed_for"),
    st.one_of(st.sampled_from(sorted(MILESTONES)), st.sampled_from(TURNS), st.sampled_from(DELIVERED)),
    st.integers(0, 6),
    st.booleans(),
)


@given(st.lists(FACTS, min_size=1, max_size=12))
def test_a_row_stands_where_all_its_facts_say(facts: list[Fact]) -> None:
    note(str(facts))
    row: Row = dict(BLANK_PARCEL)
    for fact in facts:
        reach(row, fact)
    furthest_of_all = furthest(facts)
    expected = (furthest_of_all.word, furthest_of_all.fact.happened_at) if furthest_of_all else ("", None)
    assert (row["milestone"], row["occurred_at"]) == expected
