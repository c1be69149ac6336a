"""Random histories of an order's money: after every step the books are right, and at the end nothing is left over.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other histories, and how many.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, note, seed, settings
from hypothesis import strategies as some

from tests.ledger.journal.rules.test_orders import ACTIONS, DAYS, SALES, Sale
from tests.simulation.models.money_checks import (
    a_replay_remembers_the_same,
    merchants_have_what_they_are_due,
    nobody_is_owed_what_was_never_paid,
    nothing_is_left,
    parts_add_up,
    the_books_say_what_is_remembered,
)
from tests.simulation.models.money_life import OF_MONEY, MoneyLife

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250422"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "150"))
THAT_END_MOST = ("capture fails", "win", "lose dispute", "give part", "refund sent", "refund muddle", "refund fails")
STEPS = some.lists(
    some.tuples(
        some.sampled_from(ACTIONS + OF_MONEY) | some.sampled_from((*THAT_END_MOST, "cancel", "return", "goods back")),
        some.integers(0, 99) | some.sampled_from((0, 4, 8)),
        some.integers(1, 3),
    ),
    min_size=10,
    max_size=40,
)
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def live(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
    """One history, checked after every step and at its end."""
    note(f"seed {SEED}")
    life = MoneyLife(sale)
    for step in steps:
        life.step(*step)
        the_books_say_what_is_remembered(life)
        merchants_have_what_they_are_due(life)
        nobody_is_owed_what_was_never_paid(life)
    parts_add_up(life)
    a_replay_remembers_the_same(life)
    life.finish()
    assert life.order.claimed == 0
    the_books_say_what_is_remembered(life)
    merchants_have_what_they_are_due(life)
    nothing_is_left(life)


# A refund of three captures, of which one failed: that part is paid after all, and takes no other part's place.
PAID_ALL_THE_SAME = Sale(
    lines=((2, 50),), charges=(), weights=(1, 1, 3), rates=(8_500,) * DAYS, market="US", pays_late=False
)


# A dispute takes a part of unsent units beside released ones; once sent, the part goes with them and is not paid out.
PART_OF_UNSENT_UNITS = Sale(
    lines=((4, 25_226), (4, 9_859)), charges=(), weights=(4, 3), rates=(10_000,) * DAYS, market="MO", pays_late=False
)


# A part of a price that waits for the rest is lost in a dispute, its capture fails, and the dispute is won after all.
WON_AFTER_ITS_CAPTURE_FAILED = Sale(
    lines=((2, 50),), charges=(), weights=(1, 1, 1, 1), rates=(8_500,) * DAYS, market="US", pays_late=True
)


# What a failed capture was to pay is owed again: because a dispute is won, because goods arrive, because another
# capture's attempt fails. Nobody owes it, and an attempt of any capture that is paid after all revives it.
ONE_CAPTURE = Sale(lines=((3, 999),), charges=(), weights=(1,), rates=(8_500,) * DAYS, market="US", pays_late=False)
THREE_CAPTURES = Sale(
    lines=((3, 50), (3, 50)), charges=(), weights=(1, 1, 1), rates=(8_500,) * DAYS, market="US", pays_late=False
)
GIVEN = ("give part", 0, 1)
FAILS = ("capture fails", 0, 1)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=_SLOW)
@given(sale=SALES, steps=STEPS)
@example(sale=PAID_ALL_THE_SAME, steps=[*[("send", 0, 1)] * 8, ("lose", 0, 1), ("refund muddle", 64, 2)])
@example(sale=PART_OF_UNSENT_UNITS, steps=[("send", 66, 2), ("settle", 15, 3), ("open dispute", 42, 2)])
@example(sale=WON_AFTER_ITS_CAPTURE_FAILED, steps=[("give part", 0, 1), ("capture fails", 0, 1), ("win", 0, 1)])
@example(sale=ONE_CAPTURE, steps=[("goods back", 0, 1), GIVEN, ("refund muddle", 0, 3), ("win", 0, 1)])
@example(sale=ONE_CAPTURE, steps=[("goods asked back", 0, 1), FAILS, ("goods arrive", 0, 1)])
@example(sale=THREE_CAPTURES, steps=[GIVEN, ("goods back", 0, 3), ("refund muddle", 20, 1), ("refund muddle", 0, 1)])
def test_the_books_are_right_after_every_step(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
    live(sale, steps)


@pytest.mark.histories
def test_the_books_are_right_in_thousands_of_histories(record_property: Callable[[str, object], None]) -> None:
    reported = Counter[str]()

    @seed(SEED + 1)
    @settings(max_examples=max(EXAMPLES, 3_000), deadline=None, suppress_health_check=_SLOW)
    @given(sale=SALES, steps=STEPS)
    def any_history(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
        live(sale, steps)
        reported.update(histories=1, steps=len(steps))

    any_history()
    said = f"{reported['histories']:,} histories of an order's money, {reported['steps']:,} steps, seed {SEED + 1}"
    record_property("reported", said)
