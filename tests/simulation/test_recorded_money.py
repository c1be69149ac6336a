"""Random histories of orders' money on a real ledger: the log holds together, and its views can be made again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random

import pytest

from ledger.fx import Rate
from ledger.log.verification.verify import verify_log
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import balances
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.candidates import Filling
from projections.engine.rebuild import verify
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from service.embedded import EmbeddedPostgres
from tests.ledger.journal.rules.test_orders import ACTIONS, DAYS, Sale
from tests.simulation.models.money_checks import (
    for_people,
    merchants_have_what_they_are_due,
    nothing_is_left,
    parts_add_up,
    the_books_say_what_is_remembered,
)
from tests.simulation.models.money_life import OF_MONEY, MoneyLife
from tests.simulation.models.recorded_scenario import RecordedScenario
from tests.support.buses import IMPORTER, Desk, open_desk, publish_programme
from tests.support.given import NOW, PLATFORM
from tests.support.orders import OrderScenario
from tests.support.postgres import clone
from tests.support.sales import OWNER, merchant_ready

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250423"))
ORDERS = 5
CLOSED = frozenset(("1110", "1120", "2110", "2210", "2220"))  # between the parties: nothing is left at the end


class RecordedLife(MoneyLife):
    """A random order on a real ledger."""

    def __init__(self, desk: Desk, order_id: str, sale: Sale) -> None:
        self._desk, self._order_id = desk, order_id
        super().__init__(sale)

    def _begin(self, _: list[Rate]) -> OrderScenario:
        return RecordedScenario(self._desk, self._order_id)


@pytest.fixture(scope="module")
def lives(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, list[MoneyLife]]]:
    random = Random(SEED)
    with open_desk(clone(postgres, template, "random_money"), tmp_path_factory.mktemp("money"), now=NOW) as desk:
        publish_programme(desk)
        merchant_ready(desk, express=True)
        for n in range(3):
            names = {"merchant_id": "M-1", "product_id": f"SKU-{n}"}
            desk.expect("submit_product", actor=OWNER, category_id="home", **names)
            desk.expect("approve_product", actor=PLATFORM, **names)
        _record_rates(desk, random)
        yield desk, [_lived(desk, f"O-{n}", random) for n in range(ORDERS)]


@pytest.fixture(scope="module")
def views(lives: tuple[Desk, list[MoneyLife]]) -> Views:
    desk, _ = lives
    for projection in (MerchantBalances(), AccountTurnovers()):
        ProjectionWorker(desk.ledger.engine, desk.ledger.reader, projection).catch_up()
    return Views(desk.ledger.engine, desk.ledger.reader)


def test_positions_versions_entries_and_hashes_hold_together(lives: tuple[Desk, list[MoneyLife]]) -> None:
    desk, _ = lives
    assert list(verify_log(desk.ledger.reader)) == [], f"seed {SEED}"


def test_the_balances_made_again_are_the_same_row_for_row(views: Views) -> None:
    with ThreadPoolExecutor(1) as executor:
        comparison = verify(views.engine, MerchantBalances(), Filling(executor))
    assert comparison.count == 0, f"seed {SEED}: {comparison}"


def test_the_view_knows_what_the_orders_remember(lives: tuple[Desk, list[MoneyLife]], views: Views) -> None:
    _, lived = lives
    (merchant,) = balances(views).merchants
    available = merchant.available.minor - merchant.due_from_merchant.minor
    assert available == -sum(life.scenario.balance("2120") for life in lived), f"seed {SEED}"
    assert merchant.pending.minor == sum(map(for_people, lived)), f"seed {SEED}"


def test_nothing_is_left_over_all_orders(lives: tuple[Desk, list[MoneyLife]], views: Views) -> None:
    """Pending money of a merchant may wait for a person."""
    _, lived = lives
    answer = turnover_balance(views)
    left = {row.account: row.closing_base.minor for row in answer.rows if row.account in CLOSED}
    waits = -sum(map(for_people, lived))
    assert {account: minor for account, minor in left.items() if minor} == ({"2110": waits} if waits else {})
    assert answer.total.minor == 0, f"seed {SEED}"


def _record_rates(desk: Desk, random: Random) -> None:
    for day in range(DAYS):
        reported = {"pair": "USD/CNY", "rate": f"7.{random.randint(1000, 2000)}", "kind": "book", "provider": "test"}
        as_of: date = NOW.date() + timedelta(days=day)
        desk.expect("record_fx_rate", actor=IMPORTER, as_of=as_of, **reported)


def _lived(desk: Desk, order_id: str, random: Random) -> MoneyLife:
    """One order from its first step to its last, checked after each."""
    sale = Sale(
        lines=tuple((random.randint(2, 6), random.randint(50, 99_999)) for _ in range(random.randint(1, 3))),
        charges=tuple(random.randint(0, 2_000) for _ in range(random.randint(0, 2))),
        weights=tuple(random.randint(1, 9) for _ in range(random.randint(1, 4))),
        rates=(),
    )
    life = RecordedLife(desk, order_id, sale)
    for _ in range(30):
        life.step(random.choice(ACTIONS + OF_MONEY), random.randint(0, 99), random.randint(1, 3))
        the_books_say_what_is_remembered(life)
        merchants_have_what_they_are_due(life)
    parts_add_up(life)
    life.finish()
    nothing_is_left(life)
    return life
