"""Random cases and disputes about released money: what they take, a payout had left where it was.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other histories, and how many.
"""

from __future__ import annotations

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as some

from ledger.events.disputes import DisputeLost
from ledger.events.refunds import RefundApproved
from ledger.folds.open_claims import OpenClaims
from ledger.streams.units.units import OrderUnits
from tests.ledger.journal.rules.test_orders import SALES, Sale
from tests.simulation.models.money_life import MoneyLife
from tests.simulation.test_random_money import _SLOW, EXAMPLES, SEED

pytestmark = pytest.mark.slow

CLAIMING = ("return", "part", "goods back", "open dispute", "withdraw", "win", "lose dispute", "next stage", "settle")
STEPS = some.lists(
    some.tuples(some.sampled_from(CLAIMING), some.integers(0, 99), some.integers(1, 3)), min_size=5, max_size=25
)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=_SLOW)
@given(sale=SALES, steps=STEPS)
def test_open_claims_cover_what_cases_and_disputes_take(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
    note(f"seed {SEED}")
    life = MoneyLife(sale)
    for line_id in life.order.lines:  # in two parcels, where there are several units
        life.step("send", int(line_id), 1)
        life.step("send", int(line_id), 2)
    life.step("settle", 0, 1)
    for step in steps:
        life.step(*step)
    open_claims_cover_what_is_taken(life)
    life.finish()
    open_claims_cover_what_is_taken(life)
    assert life.order.claimed == 0


def test_the_claim_of_a_case_grows_by_a_part_of_the_price_that_a_dispute_gives_back() -> None:
    life = MoneyLife(Sale(((2, 50),), (), (1,), (8500,) * 30, "US", pays_late=False))
    life.step("send", 0, 1)
    life.step("settle", 0, 1)
    for step in (("open dispute", 25, 3), ("lose dispute", 0, 1), ("return", 0, 2)):
        life.step(*step)
    before = life.order.claimed
    life.step("win", 0, 1)
    assert (before, life.order.claimed) == (21, 50)


@seed(SEED + 1)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=_SLOW)
@given(sale=SALES, steps=STEPS)
def test_claims_find_units_where_decisions_find_them(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
    note(f"seed {SEED + 1}")
    life = MoneyLife(sale)
    for line_id in life.order.lines:
        life.step("send", int(line_id), 1)
    for step in steps:
        life.step(*step)
        there = {(u.line_id, u.parcel_id or ""): u for u in OrderUnits(life.order) if u.qty}
        found = {place: units for place, units in life.order.claims.units().items() if units.qty}
        assert life.order.claims.is_repacked or found == there, step


def open_claims_cover_what_is_taken(life: MoneyLife) -> None:
    """A payout left the released money that a case or dispute took later, while that case or dispute was open."""
    claims = OpenClaims()
    for event in life.scenario.events:
        match event:
            case RefundApproved() if event.refund_id in claims.cases:
                assert sum(line.from_available.minor for line in event.lines) <= claims.fen, event
            case DisputeLost() if event.dispute_id in claims.disputes and claims.disputes[event.dispute_id].is_open:
                assert sum(line.from_available.minor for line in event.lines) <= claims.fen, event
        claims.remember(event)
        assert claims.fen <= sum(max(held.fen, 0) for places in claims.released.values() for held in places.values())
    assert claims.fen == life.order.claimed
