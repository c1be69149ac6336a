"""A month that is cut off goes on from what is there, and a log grown by months is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from ledger.log.verification.verify import verify_log
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from service.app import App
from service.demo.simulator.growth import grow
from service.demo.simulator.month import record_month
from service.demo.simulator.scenarios.plots import PLOTS
from service.embedded import EmbeddedPostgres
from service.finance.periods import periods
from tests.simulation.models.recorded_facts import events_of, facts_of
from tests.support.buses import open_desk
from tests.support.postgres import clone
from tests.support.shops import app_of

SEED, ORDERS = 3, 20
EVERY_PLOT = len(PLOTS)  # number of orders with which a month shows each scenario once
SLOT = timedelta(hours=6)
pytestmark = pytest.mark.slow


class CutOff(Exception):
    """Somebody has pulled the plug."""


@pytest.fixture
def app(postgres: EmbeddedPostgres, template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    with open_desk(clone(postgres, template, request.node.name[:40]), tmp_path, demonstration=True) as desk:
        yield app_of(desk)


def test_cut_off_again_and_again_it_comes_to_the_same_events_as_in_one_go(
    app: App, postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for percent in (40, 85):

        def pull_the_plug(done: int, total: int, percent: int = percent) -> None:
            if done * 100 >= total * percent:
                raise CutOff

        with pytest.raises(CutOff):
            record_month(app, seed=SEED, orders=EVERY_PLOT, slot=SLOT, progress=pull_the_plug)
    record_month(app, seed=SEED, orders=EVERY_PLOT, slot=SLOT)
    url, folder = clone(postgres, template, "month_in_one_go"), tmp_path_factory.mktemp("other")
    with open_desk(url, folder, demonstration=True) as desk:
        record_month(app_of(desk), seed=SEED, orders=EVERY_PLOT, slot=SLOT)
        both = zip(events_of(app), events_of(app_of(desk)), strict=True)
        differing = [(one, other) for one, other in both if facts_of(one) != facts_of(other)]
    assert differing == [], f"seed {SEED}"


@pytest.fixture(scope="module")
def grown(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[App, int]]:
    """A log of two months, and the number of events that its growth reported."""
    url = clone(postgres, template, "grown_by_months")
    with open_desk(url, tmp_path_factory.mktemp("grown"), demonstration=True) as desk:
        app = app_of(desk)
        events = next(held for _, held in grow(app, orders=ORDERS) if held >= 2_500)
        yield app, events


def test_a_log_grows_month_by_month_and_each_month_is_closed(grown: tuple[App, int]) -> None:
    app, events = grown
    assert events == sum(app.ledger.reader.heads().values()) >= 2_500
    assert [change.period for change in periods(app).changes] == ["2025-04"] * 3 + ["2025-05"] * 3
    assert periods(app).open_from == date(2025, 6, 1)


def test_a_grown_log_proves_itself_and_balances(grown: tuple[App, int]) -> None:
    app, _ = grown
    app.catch_up([AccountTurnovers()])
    assert list(verify_log(app.ledger.reader)) == []
    assert turnover_balance(app.views).total.minor == 0
