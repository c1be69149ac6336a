"""Random histories of a whole shop: orders in several currencies, payouts, holds, write-offs, adjustments, statements,
revaluations and closed months beside each other. After every step the whole ledger is right.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other histories, and how many.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as some

from service.docs_from_code.posting_rules import POSTING_RULES
from tests.ledger.journal.rules.test_orders import CURRENCIES, DAYS, SALES, Sale
from tests.simulation.models.money_checks import merchants_have_what_they_are_due, the_books_say_what_is_remembered
from tests.simulation.models.shop_checks import (
    ShopBooks,
    a_payout_leaves_what_is_asked_back,
    a_replay_comes_to_the_same,
    nothing_is_left_between_the_parties,
    statements_tile,
)
from tests.simulation.models.shop_life import OF_ORDERS, OF_THE_SHOP, ShopLife
from tests.support.given import NOW
from tests.support.memory_ledger import MemoryDesk

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250425"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "20"))
Step = tuple[str, int, int]
ACTIONS = OF_ORDERS + OF_THE_SHOP
STEPS = some.lists(
    some.tuples(some.sampled_from(ACTIONS), some.integers(0, 99), some.integers(1, 3)), min_size=20, max_size=60
)
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def live(sales: list[Sale], steps: list[Step]) -> ShopBooks:
    """One history, checked after every step and at its end."""
    shop = ShopLife(MemoryDesk(NOW), sales)
    books = ShopBooks(shop)
    for action, which, qty in steps:
        payouts = len(shop.payouts.payouts)
        shop.step(action, which, qty)
        books.hold()
        if action == "pay out":
            a_payout_leaves_what_is_asked_back(books, payouts)
        touched = shop.orders[which % len(shop.orders)]
        the_books_say_what_is_remembered(touched)
        merchants_have_what_they_are_due(touched)
    a_replay_comes_to_the_same(shop)
    shop.finish()
    books.hold()
    statements_tile(shop)
    a_replay_comes_to_the_same(shop)
    nothing_is_left_between_the_parties(books)
    shop.desk.bus.close()
    return books


def histories(examples: int, seed_: int) -> str:
    """Live so many, and say how many there were."""
    reported: Counter[str] = Counter()

    @seed(seed_)
    @settings(max_examples=examples, deadline=None, suppress_health_check=_SLOW, database=None)
    @given(sales=some.lists(SALES, min_size=1, max_size=3), steps=STEPS)
    def any_history(sales: list[Sale], steps: list[Step]) -> None:
        note(f"seed {seed_}")
        live(sales, steps)
        reported.update(histories=1, steps=len(steps))

    any_history()
    return f"{reported['histories']:,} histories of a shop, {reported['steps']:,} steps, seed {seed_}"


def test_the_ledger_is_right_after_every_step(record_property: Callable[[str, object], None]) -> None:
    record_property("reported", histories(EXAMPLES, SEED))


@pytest.mark.histories
@pytest.mark.parametrize("part", range(4))
def test_the_ledger_is_right_in_thousands_of_histories(
    part: int, record_property: Callable[[str, object], None]
) -> None:
    record_property("reported", histories(max(EXAMPLES, 1_000), SEED + 1 + part))


# Steps that come to a kind of money which chance seldom comes to, each in the same order and soon after its payment.
PASSAGES: tuple[tuple[Step, ...], ...] = (
    (("sell", 16, 1), ("pay out", 0, 1), ("bank takes", 0, 1), ("bank fails", 0, 1)),
    (("sell", 17, 1), ("pay out", 0, 1), ("cancel payout", 0, 1)),
    (("sell", 18, 1), ("come back", 18, 3), ("write off", 0, 1)),
    (("send", 16, 1), ("sign", 16, 1), ("goods back", 16, 1)),  # the goods never come
    (("capture", 59, 1), ("funds back", 59, 1)),  # 59 is the last of two to five captures
    (("cancel", 17, 1), ("refund fails", 17, 1), ("alternative", 17, 1)),
    (("cancel", 18, 1), ("reverse", 18, 1)),
    (("cancel", 16, 1), ("refund muddle", 16, 3)),  # the capture was none, the refund fails, and is paid after all
    (("open dispute", 17, 2), ("fee", 17, 1)),
    (("unmatched capture", 16, 2), ("unmatched muddle", 16, 1)),  # likewise
    (*(7 * (("give part", 99, 1),)), ("win", 21, 1)),  # each dispute takes a unit, of at most six, and one is won
)
_IN_EACH = 3


def drawn(random: Random, n: int = 0) -> tuple[list[Sale], list[Step]]:
    """History `n`: drawn as `histories` draws them, without Hypothesis, after three passages in turn."""
    sales = [
        Sale(
            lines=tuple((random.randint(2, 6), random.randint(50, 99_999)) for _ in range(random.randint(1, 3))),
            charges=tuple(random.randint(0, 2_000) for _ in range(random.randint(0, 2))),
            weights=tuple(random.randint(1, 9) for _ in range(random.randint(1, 4))),
            rates=tuple(random.randint(8_500, 11_500) for _ in range(DAYS)),
            market=random.choice(list(CURRENCIES)),
            pays_late=random.random() < 0.3,
        )
        for _ in range(random.randint(1, 3))
    ]
    turns = [PASSAGES[(_IN_EACH * n + k) % len(PASSAGES)] for k in range(_IN_EACH)]
    begun = [step for passage in turns for step in passage]
    rest = [(random.choice(ACTIONS), random.randint(0, 99), random.randint(1, 3)) for _ in range(60 - len(begun))]
    return sales, begun + rest


# What is settled before it is reported: `test_any_order_of_reports.py` has it in every order, and
# `test_settled_before_captured.py` a deposit whose currency its capture shows later.
SETTLED_AHEAD = {"psp_settlement.matched", "psp_settlement.deposit_moved", "unmatched.funds_matched"}


def test_the_histories_have_every_kind_of_money() -> None:
    random, missing = Random(SEED), POSTING_RULES.keys() - SETTLED_AHEAD
    for n in range(120):  # as many as needed; each makes all passages in turn
        missing -= live(*drawn(random, n)).kinds.keys()
        if not missing:
            return
    raise AssertionError(f"seed {SEED}: {missing}")
