"""Settlement runs as processes of their own: two at once, and one that is killed on its way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.app import open_app
from service.finance.statements import issued_statements
from service.settings import Settings
from tests.support.buses import Clock, Desk, publish_programme
from tests.support.programs import Program
from tests.support.sales import merchant_ready, released
from tests.support.services import PATIENCE_S, until

MERCHANTS = 8
pytestmark = pytest.mark.slow


@pytest.fixture
def shops(fresh_database_url: str, tmp_path: Path) -> Settings:
    """A ledger with eight merchants in several books, each with one order released."""
    settings = Settings(database_url=fresh_database_url, data_dir=tmp_path / "data")
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
        publish_programme(desk)
        for number in range(MERCHANTS):
            merchant_ready(desk, f"M-{number}")
            released(desk, f"O-{number}", f"M-{number}")
    return settings


@pytest.fixture
def started(shops: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Program]]:
    """Two processes that do the same run, or the runs that the test names; ended with the test."""
    place = ["--database-url", shops.database_url, "--data-dir", str(shops.data_dir)]
    asked = ("service.cli.main", "settle", *place, "--run")
    runs = getattr(request, "param", ("R-1", "R-1"))
    processes = [Program(*asked, run, out=Path(os.devnull), err=tmp_path / "err") for run in runs]
    yield processes
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)


def recorded(settings: Settings, type: str) -> int:
    with open_app(settings) as app, app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM log.events WHERE type = %s", (type,))
        return int(found.scalar_one())


def paid(settings: Settings) -> tuple[int, int]:
    """Merchants that were paid, and payouts there are."""
    with open_app(settings) as app, app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(DISTINCT stream), count(*) FROM log.events WHERE type = 'payout.initiated'"
        ).one()
        return int(found[0]), int(found[1])


def test_two_processes_at_once_pay_everybody_once(shops: Settings, started: list[Program]) -> None:
    assert [process.wait(120) for process in started] == [0, 0]
    assert paid(shops) == (MERCHANTS, MERCHANTS)
    assert recorded(shops, "statement.issued") == MERCHANTS
    assert recorded(shops, "settlement_run.started") == recorded(shops, "settlement_run.completed") == 1


@pytest.mark.parametrize("started", [("R-1", "R-2")], indirect=True)
def test_two_runs_at_once_pay_everybody_once_and_their_statements_tile(shops: Settings, started: list[Program]) -> None:
    assert [process.wait(120) for process in started] == [0, 0]
    assert paid(shops) == (MERCHANTS, MERCHANTS)
    with open_app(shops) as app:
        for number in range(MERCHANTS):
            issued = issued_statements(app, f"M-{number}")
            log_ranges = [(each.after_position, each.upto_position) for each in issued]
            assert [after for after, _ in log_ranges] == [0, *(upto for _, upto in log_ranges)][:-1]
            assert len(issued) >= 1


def test_a_run_that_is_killed_is_finished_by_another_and_nobody_is_paid_twice(
    shops: Settings, started: list[Program]
) -> None:
    first, second = started
    until(lambda: recorded(shops, "statement.issued") > 0, what="the first statement")
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE_S)
    assert second.wait(120) == 0
    assert paid(shops) == (MERCHANTS, MERCHANTS)
    assert recorded(shops, "statement.issued") == MERCHANTS
