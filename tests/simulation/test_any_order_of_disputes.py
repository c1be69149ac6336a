"""A dispute is reported in any order, also before its capture: the books are the same, and so are the open breaks.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other orders, and how many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as some

from ledger.fx import Rate
from tests.support.given import PARTNER, RATES
from tests.support.orders import OrderScenario, after_days, basket, capture
from tests.support.payments import OF_DISPUTE, opened

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250429"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "120"))
DAILY = (*RATES, *(Rate("USD", "CNY", f"7.1{n}00", "book", "test", date(2025, 4, 1 + n)) for n in range(1, 7)))
Fact = tuple[str, dict[str, Any]]

CAPTURED: Fact = ("report_payment_captured", capture())
OPENED_IN_PART: Fact = ("report_dispute_opened", opened("USD 19.44", lines=[{"line_id": "B", "qty": 1}]))
WITHDRAWN_IN_PART: Fact = ("report_dispute_funds_withdrawn", OF_DISPUTE | {"amount": "USD 19.44"})
INQUIRY: Fact = ("report_dispute_opened", opened(stage="inquiry"))
OPENED: Fact = ("report_dispute_opened", opened())
SECOND: Fact = ("report_dispute_opened", opened(stage="second_stage"))
WITHDRAWN: Fact = ("report_dispute_funds_withdrawn", OF_DISPUTE | {"amount": "USD 69.44"})
FEE: Fact = ("report_dispute_fee", OF_DISPUTE | {"amount": "USD 15.00"})
WON: Fact = ("report_dispute_won", OF_DISPUTE)
LOST: Fact = ("report_dispute_lost", opened())
LOST_UNSAID: Fact = ("report_dispute_lost", OF_DISPUTE)
HISTORIES: tuple[tuple[Fact, ...], ...] = (  # one fact a day, as they happened
    (CAPTURED, WITHDRAWN, WON),
    (CAPTURED, OPENED, WITHDRAWN, FEE, WON),
    (CAPTURED, OPENED, WITHDRAWN, FEE, LOST),
    (CAPTURED, OPENED, WITHDRAWN, LOST, WON),
    (CAPTURED, OPENED, WITHDRAWN, FEE, LOST_UNSAID),
    (CAPTURED, OPENED, LOST_UNSAID),
    (CAPTURED, OPENED, WITHDRAWN, LOST_UNSAID, WON),
    (CAPTURED, OPENED_IN_PART, WITHDRAWN_IN_PART, LOST_UNSAID),
    (CAPTURED, INQUIRY, WON),
    (CAPTURED, INQUIRY, OPENED, WITHDRAWN, WON),
    (CAPTURED, WITHDRAWN, WON, SECOND, LOST),
)


@some.composite
def report_orders(draw: some.DrawFn) -> tuple[list[tuple[int, Fact]], list[tuple[int, Fact]]]:
    """The facts of a history with their days, as they happened; and as they are reported: in any order, some again."""
    happened = list(enumerate(draw(some.sampled_from(HISTORIES))))
    again = draw(some.lists(some.sampled_from(happened), max_size=3))
    return happened, draw(some.permutations(happened + again))


def ordered(facts: Sequence[tuple[int, Fact]], *, sent: bool) -> OrderScenario:
    """The order after these facts. With `sent`, its goods are in our custody, and its capture is known first."""
    scenario = OrderScenario(rates=DAILY)
    scenario.submit("place_order", **basket())
    for day, (name, data) in sorted(facts, key=lambda fact: sent and fact[1] is not CAPTURED):
        scenario.submit(name, by=PARTNER, at=after_days(day), **data)
        if sent and name == "report_payment_captured" and scenario.order.parcels.of("P-1") is None:
            scenario.sent(A=2, B=1).received()
    return scenario


def books(scenario: OrderScenario) -> dict[str, tuple[int, int]]:
    """The accounts in dollars and in CNY. A withdrawal that only a decision shows is booked at the decision's rate:
    what the provider owes us and what the rate made of it come to the same.
    """
    accounts = ("1110", "1120", "2110", "2120", "2210", "2220", "4110", "4210", "5140")
    found = {account: (scenario.balance(account, "USD"), scenario.base(account)) for account in accounts}
    return found | {"1110": (found["1110"][0], found["1110"][1] + scenario.base("5210"))}


def open_breaks(scenario: OrderScenario) -> list[str]:
    return sorted(each.opened.kind for each in scenario.order.known_breaks.values() if each.is_open)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(), some.booleans())
def test_a_dispute_comes_to_the_same_books_in_whatever_order_it_is_reported(
    reported: tuple[list[tuple[int, Fact]], list[tuple[int, Fact]]], sent: bool
) -> None:
    note(f"seed {SEED}")
    happened, as_reported = reported
    in_order, out_of_order = ordered(happened, sent=sent), ordered(as_reported, sent=sent)
    assert books(out_of_order) == books(in_order)
    assert open_breaks(out_of_order) == open_breaks(in_order) == []
