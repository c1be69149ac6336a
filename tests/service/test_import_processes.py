"""Imports as processes of their own: one that is killed on its way, and two of one file at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.app import open_app
from service.settings import Settings
from tests.service.adapters.psp.reports import neutral, summed
from tests.support.buses import Clock, Desk, publish_programme
from tests.support.programs import Program
from tests.support.services import PATIENCE_S, until

LINES = 3_000
pytestmark = pytest.mark.slow
Start = Callable[[], Program]


@pytest.fixture
def books(fresh_database_url: str, tmp_path: Path) -> Settings:
    settings = Settings(database_url=fresh_database_url, data_dir=tmp_path / "data")
    with open_app(settings) as app:
        publish_programme(Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC))))
    return settings


@pytest.fixture
def start(books: Settings, tmp_path: Path) -> Iterator[Start]:
    """Starts an import of one report whose lines nobody knows; ended with the test."""
    report = tmp_path / "report.csv"
    rows = [f"B-1,bt-{n},charge,ch-{n},,,USD,1.00,0.10,0.90,7.1500,,2025-04-10,DEP-1" for n in range(LINES)]
    cents = f"{LINES}.00,{LINES // 10}.00,{LINES - LINES // 10}.00"
    report.write_bytes(neutral(*rows, summed(LINES, amounts=cents, cash="")))
    place = ["--database-url", books.database_url, "--data-dir", str(books.data_dir)]
    asked = ("service.cli.main", "import", "psp", str(report), "--psp", "stripe", *place)
    begun: list[Program] = []

    def begin() -> Program:
        begun.append(Program(*asked, out=Path(os.devnull), err=Path(os.devnull)))
        return begun[-1]

    yield begin
    for process in begun:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)


def recorded(settings: Settings, type: str) -> int:
    with open_app(settings) as app, app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM log.events WHERE type = %s", (type,))
        return int(found.scalar_one())


def whole(settings: Settings) -> list[int]:
    types = ("file.accepted", "unmatched.fact_reported", "psp_settlement.reported", "break.opened", "file.recorded")
    return [recorded(settings, type) for type in types]


def test_an_import_that_is_killed_goes_on_where_it_was(books: Settings, start: Start) -> None:
    first = start()
    until(lambda: recorded(books, "unmatched.fact_reported") > 0, what="the first rows")
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE_S)
    assert 0 < recorded(books, "unmatched.fact_reported") < LINES, "it was to be killed in the middle"
    assert start().wait(120) == 0
    assert whole(books) == [1, LINES, 1, 0, 1]  # lines that wait count for their batch: it is no break


def test_two_imports_of_one_file_at_once_record_it_once(books: Settings, start: Start) -> None:
    assert [process.wait(120) for process in [start(), start()]] == [0, 0]
    assert whole(books) == [1, LINES, 1, 0, 1]  # lines that wait count for their batch: it is no break
