"""A month that is cut off goes on from what is there, and a log grown by months is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from ledger.log.verification.verify import verify_log
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from service.app import App
from service.demo.simulator.growth import grow
from service.demo.simulator.month import record_month
from service.embedded import EmbeddedPostgres
from service.finance.periods import periods
from tests.support.buses import open_desk
from tests.support.postgres import clone
from tests.support.shops import app_of

SEED, ORDERS = 3, 40


class CutOff(Exception):
    """Somebody has pulled the plug."""


@pytest.fixture
def app(postgres: EmbeddedPostgres, template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    with open_desk(clone(postgres, template, request.node.name[:40]), tmp_path, demonstration=True) as desk:
        yield app_of(desk)


def types_of(app: App) -> list[tuple[int, int, str, str, datetime]]:
    reader = app.ledger.reader
    rows = (row for book, head in reader.heads().items() if head for row in reader.read(book, 0, head))
    return [(row.book, row.position, row.stream, row.type, row.recorded_at) for row in rows]


def test_cut_off_again_and_again_it_comes_to_the_same_month(
    app: App, postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for percent in (15, 45, 60, 90):

        def pull_the_plug(done: int, total: int, percent: int = percent) -> None:
            if done * 100 >= total * percent:
                raise CutOff

        with pytest.raises(CutOff):
            record_month(app, seed=SEED, orders=ORDERS, progress=pull_the_plug)
    record_month(app, seed=SEED, orders=ORDERS)
    url, folder = clone(postgres, template, "month_in_one_go"), tmp_path_factory.mktemp("other")
    with open_desk(url, folder, demonstration=True) as desk:
        record_month(app_of(desk), seed=SEED, orders=ORDERS)
        assert types_of(app) == types_of(app_of(desk)), f"seed {SEED}"


def test_a_log_grows_month_by_month_and_each_month_is_closed(app: App) -> None:
    events = next(held for _, held in grow(app, orders=ORDERS) if held >= 5_000)
    assert events == sum(app.ledger.reader.heads().values()) >= 5_000
    assert [change.period for change in periods(app).changes] == ["2025-04"] * 3 + ["2025-05"] * 3
    assert periods(app).open_from == date(2025, 6, 1)


def test_a_grown_log_proves_itself_and_balances(app: App) -> None:
    next(held for _, held in grow(app, orders=ORDERS) if held >= 2_000)
    app.catch_up([AccountTurnovers()])
    assert list(verify_log(app.ledger.reader)) == []
    assert turnover_balance(app.views).total.minor == 0
