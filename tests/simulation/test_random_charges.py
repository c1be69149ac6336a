"""Tax and shipping over random refunds, disputes, duties and failed captures: what the books hold is what is not back.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other histories, and how many.
"""

from __future__ import annotations

import os
from contextlib import suppress

from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as some

from ledger.events.disputes import DisputeLost
from ledger.money import Money
from ledger.refusals.catalogue import Refusal
from ledger.streams.amounts.charges import TYPES, OrderCharges
from ledger.streams.amounts.taxes import tax_held
from tests.ledger.journal.rules.test_orders import ACTIONS, SALES, Sale
from tests.simulation.models.money_life import OF_MONEY, MoneyLife
from tests.support.given import PLATFORM

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250513"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "40"))
STEPS = some.lists(
    some.tuples(some.sampled_from((*ACTIONS, *OF_MONEY, "grant", "grant")), some.integers(0, 99), some.integers(1, 3)),
    min_size=15,
    max_size=30,
)
CHARGED = SALES.filter(lambda sale: len(sale.charges) == 2 and all(sale.charges))


class ChargedLife(MoneyLife):
    """An order whose tax and shipping a reviewer may also give back alone."""

    def step(self, action: str, which: int, qty: int) -> None:
        if action != "grant":
            super().step(action, which, qty)
            return
        charge = {"type": TYPES[which % 2], "amount": str(Money(1 + which * qty, self.currency))}
        with suppress(Refusal):
            self._submit("refund_charges", by=PLATFORM, refund_id=self._name(), reason="late", charges=[charge])


def the_books_hold_what_is_not_back(life: ChargedLife) -> None:
    order, scenario = life.order, life.scenario
    if order.payments.allocation is None:
        assert (scenario.balance("4220", life.currency), scenario.balance("2320", life.currency)) == (0, 0)
        return
    charges = OrderCharges(order)
    assert scenario.balance("4220", life.currency) == -charges.left("shipping").minor <= 0
    assert scenario.balance("2320", life.currency) == -tax_held(order, life.currency)[0].minor
    assert charges.left("tax").minor >= 0
    lines = [line for case in order.cases.values() if case.given for line in case.approved_lines]
    lines += [line for dispute in order.disputes if dispute.lost for line in dispute.lost.lines]
    if sum(line.buyer_amount.minor for line in lines) == sum(
        line.amount.minor for line in order.payments.allocation.lines
    ):
        left = (charges.left("tax").minor, scenario.balance("2320", life.currency))
        assert left == (0, 0) or any(took_all_it_could(dispute.lost) for dispute in order.disputes if dispute.lost)


def took_all_it_could(lost: DisputeLost) -> bool:
    """True if the dispute's money was used up. Then it may have covered a unit and not its tax (docs/money.md)."""
    spent = sum(line.buyer_amount.minor for line in lost.lines) + sum(each.amount.minor for each in lost.charges)
    before = lost.unallocated.minor + sum(each.amount.minor for each in lost.owed)
    return before + spent == lost.amount.minor


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sale=CHARGED, steps=STEPS)
def test_what_the_books_hold_of_the_charges_is_what_is_not_back(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
    note(f"seed {SEED}")
    life = ChargedLife(sale)
    for step in steps:
        life.step(*step)
        the_books_hold_what_is_not_back(life)
