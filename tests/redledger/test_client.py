"""The client over a real service: events and rows, by threads and coroutines; a consumer that is killed ten times."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from ledger.log.cursor import Cursor
from redledger.client import AsyncClient, Client, Event, Refused, ViewChanged
from service.app import App, open_app
from service.demo.simulator.days import SEED
from service.demo.simulator.month import record_month
from service.http.application import make_application
from service.settings import Settings
from service.views.follower import following
from tests.support.access import token_for
from tests.support.buses import Desk, enrol, open_desk, publish_programme
from tests.support.http_server import served
from tests.support.month import DAYS
from tests.support.services import until
from tests.support.shops import app_of

KILLS = 10
REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        enrol(desk, "M-1")
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


@pytest.fixture
def address(app: App) -> Iterator[str]:
    with following(app.ledger), served(make_application(app)) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def token(app: App) -> str:
    return token_for(app, "follower", "service")


def test_events_are_typed_and_continue_at_their_place(desk: Desk, address: str, token: str) -> None:
    with Client(address, token) as client:
        (first,) = islice(client.events(types="merchant.enrolled"), 1)
        assert (first.stream, first.position > 0, first.entry) == ("merchant/M-1", True, ())
        enrol(desk, "M-2")
        (second,) = islice(client.events(types="merchant.enrolled", after=first.place), 1)
        assert second.payload["merchant_id"] == "M-2"


def test_coroutines_read_the_same(address: str, token: str) -> None:
    async def read() -> list[Event]:
        async with AsyncClient(address, token) as client:
            found = list[Event]()
            async for event in client.events():
                found.append(event)
                if len(found) == 5:
                    return found
            return found

    with Client(address, token) as client:
        assert asyncio.run(read()) == list(islice(client.events(), 5))


def test_a_refusal_says_why_and_is_not_tried_again(address: str, token: str) -> None:
    with Client(address, token) as client, pytest.raises(Refused) as refused:
        next(client.events(types="nothing.of_this_name"))
    assert (refused.value.status, refused.value.code) == (422, "INVALID_PARAMETER")
    with Client(address, "rlk_nonsense") as client, pytest.raises(Refused) as refused:
        next(client.events())
    assert refused.value.code == "TOKEN_REFUSED"


def test_a_view_that_changed_has_an_exception_of_its_own(app: App, address: str, token: str) -> None:
    old = Cursor.at({}, app.ledger.identity, view="payouts@0").token
    with Client(address, token) as client, pytest.raises(ViewChanged):
        next(client.rows("payouts", after=old))


def test_the_example_of_the_readme_runs(desk: Desk, address: str, token: str, tmp_path: Path) -> None:
    (example,) = [each for each in README.split("```python\n") if "redledger.client" in each.partition("```")[0]]
    program = tmp_path / "follow.py"
    program.write_text(example.partition("```")[0].replace("http://127.0.0.1:8600", address), encoding="utf-8")
    captured = {"psp": "stripe", "payment_id": "PAY-1", "capture_ref": "cap-1", "amount": "USD 69.44"}
    desk.expect("report_payment_captured", merchant_id="M-1", order_id="O-1", **captured)
    environment = os.environ | {"TOKEN": token, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            assert running.stdout.readline().split()[-1] == "CNY"
        finally:
            running.kill()


@pytest.mark.slow
def test_a_consumer_that_is_killed_ten_times_has_our_balances(
    fresh_database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    random, copy = Random(os.environ.get("REDLEDGER_TEST_SEED", "13")), tmp_path / "balances.sqlite"
    settings = Settings(database_url=fresh_database_url, data_dir=tmp_path / "data")
    with open_app(settings, create=True, demonstration=True) as app, following(app.ledger):
        token = token_for(app, "downstream", "service")
        with served(make_application(app)) as server:
            command = [sys.executable, "examples/balances_copy.py", f"http://127.0.0.1:{server.port}", str(copy)]

            def consumer() -> subprocess.Popen[bytes]:
                return subprocess.Popen(
                    command, cwd=REPOSITORY, env=os.environ | {"REDLEDGER_TOKEN": token, "PYTHONPATH": "."}
                )

            writer = Thread(target=record_month, args=(app,), kwargs={"seed": SEED, "orders": 6, "days": DAYS})
            writer.start()
            running = consumer()
            try:
                for _ in range(KILLS):
                    rows = _rows(copy)
                    until(lambda: _rows(copy) != rows or not writer.is_alive(), what="a row")  # noqa: B023
                    writer.join(random.random())
                    running.kill()
                    running.wait()
                    running = consumer()
                writer.join()
                until(lambda: _rows(copy) == _ours(app), what="the copy to be equal", patience_s=120)
            finally:
                running.kill()
                running.wait()
                writer.join()
    record_property("reported", f"{KILLS} kills; {len(_copied(copy))} balances")


def _copied(copy: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(copy, timeout=30)) as connection:
        return sorted(connection.execute("SELECT merchant, account, currency, amount, base FROM balances").fetchall())


def _rows(copy: Path) -> list[tuple[object, ...]]:
    try:
        return _copied(copy)
    except sqlite3.OperationalError:  # the consumer has not made its tables yet
        return []


def _ours(app: App) -> list[tuple[object, ...]]:
    version = "SELECT tablename FROM pg_tables WHERE schemaname = 'views' AND tablename LIKE 'account\\_balances\\_v%%'"
    with app.ledger.engine.connect() as connection:
        (table,) = connection.exec_driver_sql(version).scalars()
        columns = "merchant, account, currency, amount, base"
        found = connection.exec_driver_sql(f"SELECT {columns} FROM views.{table} WHERE NOT deleted")
        return sorted((*row[:3], int(row[3]), int(row[4])) for row in found)
