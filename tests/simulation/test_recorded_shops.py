"""Random histories of a shop on a real ledger: the log holds, every view can be made again, and other programs agree.

REDLEDGER_TEST_SEED chooses other histories.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest

from ledger.events.periods import AccountingPeriodClosed
from ledger.ids import periods_stream
from ledger.log.verification.verify import verify_log
from ledger.trial_balance import Balance, trial_balance_hash
from projections.accounting.books_of_account import turnover_balance
from projections.accounting.exposure import exposure
from projections.accounting.order_contribution import contributions
from projections.balances.balances import NOW as NOW_KNOWN
from projections.balances.balances import AsOf
from projections.balances.merchant_balances import MerchantBalances
from projections.balances.statements import document, issued_again
from projections.engine.rebuild import rebuild, verify
from projections.registry import PROJECTIONS
from service.app import App
from service.embedded import EmbeddedPostgres
from tests.service.exports.test_exports import BEAN_CHECK, in_beancount, in_hledger, ours, written
from tests.simulation.models.shop_checks import (
    ShopBooks,
    a_replay_comes_to_the_same,
    nothing_is_left_between_the_parties,
    statements_tile,
)
from tests.simulation.models.shop_life import ShopLife
from tests.simulation.test_random_shops import drawn
from tests.support.buses import open_desk
from tests.support.given import NOW
from tests.support.postgres import clone
from tests.support.shops import app_of

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250426"))
FEW, MANY = range(2), range(2, 22)
LOOKS = 6  # steps from one look at the books to the next


@dataclass(frozen=True, slots=True)
class Lived:
    """A shop that came to its end, its app, and what was open on the way when half of its steps were done."""

    shop: ShopLife
    books: ShopBooks
    app: App
    seed: str


@pytest.fixture(
    scope="module",
    params=[*FEW, *(pytest.param(n, marks=pytest.mark.histories) for n in MANY)],
)
def lived(
    request: pytest.FixtureRequest,
    postgres: EmbeddedPostgres,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lived]:
    seed = f"seed {SEED}, history {request.param}"
    sales, steps = drawn(Random(SEED + request.param))
    url = clone(postgres, template, f"random_shop_{request.param}")
    with open_desk(url, tmp_path_factory.mktemp("shop"), now=NOW) as desk:
        shop = ShopLife(desk, sales)
        books = ShopBooks(shop)
        for n, step in enumerate(steps):
            shop.step(*step)
            if n % LOOKS == 0:
                books.hold()
            if n == len(steps) // 2:
                _exposure_is_what_the_accounts_hold(shop, seed)
        shop.finish()
        books.hold()
        app = app_of(desk)
        app.catch_up()
        yield Lived(shop, books, app, seed)


def _exposure_is_what_the_accounts_hold(shop: ShopLife, seed: str) -> None:
    app, books = app_of(shop.desk), ShopBooks(shop)
    books.hold()
    app.catch_up([MerchantBalances()])
    open_ = Counter[tuple[str, str]]()
    for item in exposure(app.views).items:
        open_[item.account, item.amount.currency] += item.amount.minor
    held = {key: amount for key, (amount, _) in books.sums.items() if key[0] in {account for account, _ in open_}}
    assert {key: n for key, n in open_.items() if key[0] != "1310"} == {k: n for k, n in held.items() if n}, seed


def test_the_log_holds_together_and_the_shop_is_right(lived: Lived) -> None:
    assert list(verify_log(lived.shop.desk.ledger.reader)) == [], lived.seed
    statements_tile(lived.shop)
    a_replay_comes_to_the_same(lived.shop)
    nothing_is_left_between_the_parties(lived.books)


def test_every_view_made_again_is_the_same_row_for_row(lived: Lived) -> None:
    differing = {name: verify(lived.app.ledger.engine, view).count for name, view in PROJECTIONS.items()}
    assert differing == dict.fromkeys(PROJECTIONS, 0), lived.seed


def test_the_trial_balance_is_what_the_entries_come_to(lived: Lived) -> None:
    rows = turnover_balance(lived.app.views).rows
    found = {(row.account, row.currency): (row.closing.minor, row.closing_base.minor) for row in rows}
    assert found == {key: tuple(sums) for key, sums in lived.books.sums.items()}, lived.seed


def test_contributions_of_orders_and_of_none_come_to_the_platforms_result(lived: Lived) -> None:
    result = -sum(base for (account, _), (_, base) in lived.books.sums.items() if account[0] in "45")
    every_day = AsOf(as_of=turnover_balance(lived.app.views).as_of)
    for timepoint in (NOW_KNOWN, every_day):
        assert contributions(lived.app.views, timepoint).total.result.minor == result, lived.seed


def test_a_statement_is_issued_again_to_the_byte_from_a_view_made_again(lived: Lived) -> None:
    rebuild(lived.app.ledger.engine, lived.app.ledger.reader, MerchantBalances())
    assert lived.shop.issued, lived.seed
    for event, statement in lived.shop.issued:
        assert document(event, issued_again(lived.app.views, event)) == document(event, statement), lived.seed


def test_a_closed_month_is_what_its_hash_says_whatever_came_late(lived: Lived) -> None:
    for row in lived.app.ledger.reader.read_stream(0, periods_stream()):
        if isinstance(event := row.event, AccountingPeriodClosed):
            upto = event.first_open_day - timedelta(days=1)
            rows = turnover_balance(lived.app.views, AsOf(as_of=upto, at=event.positions)).rows
            found = {
                (each.account, each.currency): Balance(each.closing.minor, each.closing_base.minor) for each in rows
            }
            hashed = trial_balance_hash(found, upto=upto, positions=event.positions)
            assert hashed == event.trial_balance_hash, f"{lived.seed}: {event.period}"


def test_beancount_and_hledger_come_to_the_same_balances(
    lived: Lived, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    beans = written(lived.app.ledger, folder, "beancount")
    checked = subprocess.run([BEAN_CHECK, beans], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), lived.seed
    assert in_beancount(beans) == ours(lived.app.views), lived.seed
    if shutil.which("hledger") is None:
        pytest.skip("needs the program hledger: apt-get install hledger")
    path = written(lived.app.ledger, folder, "journal")
    checked = subprocess.run(["hledger", "check", "--strict", "-f", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), lived.seed
    assert in_hledger(path) == ours(lived.app.views), lived.seed
