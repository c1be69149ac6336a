"""The month of one server, and the same ledger after its move onto the cluster."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import psycopg2
import pytest
from sqlalchemy import make_url

from service.app import App, open_app
from service.cli.endings import ExitCode
from service.demo.simulator.days import SEED
from service.demo.simulator.month import record_month
from service.settings import Settings
from tests.support.citus import Cluster
from tests.support.month import DAYS, Values, values_in
from tests.support.postgres import QUICK, memory_folder, throwaway_server
from tests.support.services import until

ORDERS = 20
_MOVE = (sys.executable, "-m", "service.cli.main", "cluster", "move", "--shards", "4")


@dataclass(frozen=True)
class Both:
    """The month on the one server and on the cluster."""

    one: App
    cluster: App
    values: Values
    took_s: float  # to record the month on the one server


def record(url: str, folder: Path) -> float:
    """Records the month in the ledger of the address. Returns the seconds that it took."""
    with open_app(Settings(database_url=url, data_dir=folder), create=True, demonstration=True) as app:
        began = monotonic()
        record_month(app, seed=SEED, orders=ORDERS, days=DAYS)
        return monotonic() - began


@pytest.fixture(scope="session")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, float]]:
    """The month, recorded on a server of its own, and the seconds that it took."""
    with throwaway_server(QUICK, memory_folder()) as server:
        settings = Settings(database_url=server.url("month"), data_dir=tmp_path_factory.mktemp("month"))
        yield settings, record(settings.database_url, settings.data_dir)


@pytest.fixture(scope="session")
def both(one: tuple[Settings, float], request: pytest.FixtureRequest) -> Iterator[Both]:
    """Both, after a move that was killed among its books and run again."""
    server: Cluster = request.getfixturevalue("postgres")
    here, took_s = one
    there = replace(here, database_url=server.url("month"), key_file=here.keys)
    _killed_among_its_books(here, there)
    done = subprocess.run(_command(here, there), capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.DONE, done.stderr
    with open_app(here) as of_one, open_app(there) as of_cluster:
        of_one.catch_up()
        yield Both(of_one, of_cluster, values_in(of_one), took_s)


def _command(one: Settings, there: Settings) -> list[str]:
    place = ["--data-dir", str(one.data_dir), "--database-url", one.database_url]
    return [*_MOVE, *place, "--to", there.database_url]


def _killed_among_its_books(one: Settings, there: Settings) -> None:
    process = subprocess.Popen(_command(one, there), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: _moved_books(there) > 1 or process.poll() is not None, what="a moved book", patience_s=180)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def _moved_books(there: Settings) -> int:
    address = make_url(there.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('log.heads') IS NOT NULL")
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute("SELECT count(*) FROM log.heads")
        ((books,),) = cursor.fetchall()
        return int(books)
