"""After a demonstration's month one goes on working in it: at the server's clock, and at rates of every day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.accounting_days import accounting_day
from ledger.log.engine import cursor_of
from service.app import App
from service.automation.demonstration_rates import DemonstrationRates
from service.demo.simulator.catalogue_life import CatalogueScenario
from service.demo.simulator.days import SEED, Days
from service.demo.simulator.late_facts import LATE
from service.demo.simulator.month import record_month
from service.demo.simulator.scenarios.order_steps import placed
from service.demo.simulator.world import make_world
from service.demo.trading_month import NotForDemonstration, record_trading_month
from service.embedded import EmbeddedPostgres
from service.foundation import publish_defaults
from tests.support.buses import Desk, open_desk
from tests.support.postgres import clone
from tests.support.shops import app_of

pytestmark = pytest.mark.slow

SINCE = timedelta(days=5)


@pytest.fixture(scope="module")
def desk(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A demonstration whose month ended on the day it was founded, five days ago by the desk's clock."""
    url = clone(postgres, template, "after_the_month")
    now = datetime.now(UTC) + SINCE
    with open_desk(url, tmp_path_factory.mktemp("after"), now=now, demonstration=True) as desk:
        record_month(app_of(desk), seed=SEED, orders=1, days=Days.of_demonstration(desk.ledger.identity))
        yield desk


def last_recorded(app: App) -> tuple[str, datetime]:
    with cursor_of(app.ledger.engine) as cursor:
        cursor.execute("SELECT type, recorded_at FROM log.events ORDER BY recorded_at DESC, position DESC LIMIT 1")
        ((type, at),) = cursor.fetchall()
        return str(type), at


def test_the_month_ends_on_the_day_of_its_founding_behind_the_servers_clock(desk: Desk) -> None:
    end = Days.of_demonstration(desk.ledger.identity).end
    assert end.date() == desk.ledger.identity.created_at.date()
    assert last_recorded(app_of(desk))[1] <= end <= datetime.now(UTC)


def test_an_order_is_placed_days_after_the_month_at_a_rate_of_its_day(desk: Desk) -> None:
    app, before = app_of(desk), datetime.now(UTC)
    rates = DemonstrationRates(app)
    assert (rates.sweep() >= 4 * SINCE.days, rates.sweep()) == (True, 0)
    days = replace(Days.of_demonstration(desk.ledger.identity), today=accounting_day(desk.clock.now))
    world = make_world(seed=SEED, days=days, merchants=24, buyers=60)
    order = placed(CatalogueScenario(world, LATE, book=7).order(desk.clock.now))
    (outcome,) = app.bus.submit([order.as_command()])
    assert outcome.status == "recorded", outcome.sentence
    type, at = last_recorded(app)
    assert (type, before <= at) == ("order.placed", True)


def test_an_ordinary_ledger_gets_no_rates_by_itself(database_url: str, tmp_path: Path) -> None:
    with open_desk(database_url, tmp_path, now=datetime.now(UTC) + SINCE) as desk:
        publish_defaults(desk.bus)
        assert DemonstrationRates(app_of(desk)).sweep() == 0


def test_an_ordinary_ledger_takes_no_trading_month(database_url: str, tmp_path: Path) -> None:
    with open_desk(database_url, tmp_path) as desk:
        with pytest.raises(NotForDemonstration, match="not founded for demonstration"):
            record_trading_month(app_of(desk), lambda _done, _total: None)
        assert not any(desk.ledger.reader.heads().values())
