"""The fee and its VAT over random releases and refunds: whatever the parts, they add up to the whole to the cent.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other histories, and how many.
"""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as some

from ledger.fx import CNY, Rate
from ledger.money import total
from ledger.policies.fees import Fees, Promotion, Vat
from ledger.refusals.catalogue import Refusal
from ledger.streams.orders.quantities import LineBook
from tests.ledger.journal.rules.test_orders import OPEN_MARKETS, SALES, Life, Sale
from tests.support.given import FROM_THE_START
from tests.support.orders import OrderScenario, after_days

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250424"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "60"))
# Parcels are sent, signed for and released one by one, and come back whole or in part, before the release and after.
OF_FEES = ("send", "send", "sign", "release", "release", "return", "part", "goods back")
STEPS = some.lists(
    some.tuples(some.sampled_from(OF_FEES), some.integers(0, 99), some.integers(1, 3)), min_size=10, max_size=30
)
SCHEDULES = some.builds(
    Fees,
    rate_bps=some.integers(0, 3_000),
    scope=some.sampled_from(["order", "order", "line"]),
    refundable=some.sampled_from([True, True, False]),
    category_rates=some.sampled_from([{}, {"home": 730}, {"tea": 333}]),
    merchant_rates=some.sampled_from([{}, {"M-1": 1}, {"M-2": 9_000}]),
    promotions=some.sampled_from(
        [(), (Promotion(begins=FROM_THE_START, ends=after_days(1), rate_bps=17, merchants=("M-1",)),)]
    ),
    vat=some.builds(Vat, rate_bps=some.sampled_from([0, 600, 1_300]), inclusive=some.booleans()),
)


REFUNDABLE = SCHEDULES.filter(lambda fees: fees.refundable)


class FeeLife(Life):
    """An order under another schedule, whose lines are released one by one or all at once."""

    def __init__(self, sale: Sale, fees: Fees) -> None:
        self.fees = fees
        super().__init__(sale)

    def step(self, action: str, which: int, qty: int) -> None:
        if action != "release":
            super().step(action, which, qty)
            return
        self.day += 7
        with suppress(Refusal):
            self._submit("release_settlement", **({"line_id": self._line(which)} if which % 2 else {}))

    def give_all_back(self) -> None:
        """Every unit that is left is sent, signed for, released and returned at the merchant's cost."""
        self.finish()
        for line_id, book in self.scenario.order.lines.items():
            for _ in range(book.live - book.refunded):
                with suppress(Refusal):
                    self._refund_and_approve([{"line_id": line_id, "qty": 1}], "merchant")

    def _begin(self, rates: list[Rate]) -> OrderScenario:
        return OrderScenario(
            express=True,
            rates=rates,
            policies=(self.fees, OPEN_MARKETS),
            products=self.products,
            categories={"SKU-1": "tea"},  # with a rate of its own in some schedules
        )


def the_fee_adds_up(life: FeeLife) -> None:
    """Rate by rate (or line by line) the fee that stands is the fee of what is kept."""
    groups: defaultdict[Any, list[LineBook]] = defaultdict(list)
    for line_id, book in life.scenario.order.lines.items():
        groups[book.line.fee_rate_bps if life.fees.scope == "order" else line_id].append(book)
    for books in groups.values():
        gross = total([book.gross_released for book in books], CNY)
        if life.fees.refundable:
            gross = gross - total([book.gross_taken_back for book in books], CNY)
        whole = life.fees.taken_from(gross, books[0].line.fee_rate_bps)
        standing = [(book.fee_charged - book.fee_back, book.vat_charged - book.vat_back) for book in books]
        fee, vat = (total([*parts], CNY) for parts in zip(*standing, strict=True))
        assert (fee, vat) == (whole.fee, whole.vat)


def the_books_say_so(life: FeeLife) -> None:
    """Revenue, its contra account, VAT and the merchant's money are those of the lines, to the cent."""
    lines = life.scenario.order.lines.values()
    charged = total([book.fee_charged for book in lines], CNY).minor
    back = total([book.fee_back for book in lines], CNY).minor
    vat = total([book.vat_charged - book.vat_back for book in lines], CNY).minor
    kept = total([book.gross_released - book.gross_taken_back for book in lines], CNY).minor
    scenario = life.scenario
    assert (scenario.balance("4110"), scenario.balance("4120"), scenario.balance("2410")) == (-charged, back, -vat)
    assert scenario.balance("2120") == -(kept - (charged - back) - vat)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sale=SALES, fees=SCHEDULES, steps=STEPS)
def test_the_parts_of_a_fee_and_its_vat_add_up_to_the_cent(
    sale: Sale, fees: Fees, steps: list[tuple[str, int, int]]
) -> None:
    note(f"seed {SEED}")
    life = FeeLife(sale, fees)
    for step in steps:
        life.step(*step)
        the_fee_adds_up(life)
        the_books_say_so(life)
    life.give_all_back()
    the_fee_adds_up(life)
    the_books_say_so(life)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sale=SALES, fees=SCHEDULES.filter(lambda fees: fees.refundable), parts=some.lists(some.integers(1, 3), max_size=6)
)
def test_a_fee_that_was_charged_in_parts_comes_back_whole(sale: Sale, fees: Fees, parts: list[int]) -> None:
    note(f"seed {SEED}")
    life = FeeLife(sale, fees)
    for n, qty in enumerate(parts):
        for action in ("send", "sign", "release"):
            life.step(action, n, qty)
    life.give_all_back()
    assert life.scenario.balance("4110") == -life.scenario.balance("4120")
    assert (life.scenario.balance("2410"), life.scenario.balance("2120")) == (0, 0)
