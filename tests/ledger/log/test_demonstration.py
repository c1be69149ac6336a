"""A ledger founded for demonstration takes the time of its appends from a scenario; no other ledger does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import psycopg2.extensions
import pytest

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger, NotADemonstration
from ledger.log.append import call, prepare
from ledger.log.append_arguments import pack
from ledger.log.engine import cursor_of
from ledger.log.verification.verify import verify_log
from tests.ledger.log.attempts import BOOK, attempt, owner
from tests.ledger.log.test_open_days import marker
from tests.support.buses import Clock

APRIL = datetime(2025, 4, 3, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(APRIL)


@pytest.fixture
def demonstration(database_url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(database_url, keys=FileKeyStore(tmp_path / "keys"), books=4, demonstration=True) as ledger:
        yield ledger


@pytest.fixture
def scenario(demonstration: Ledger, clock: Clock) -> Ledger:
    return demonstration.in_scenario(clock)


@contextmanager
def owned(ledger: Ledger) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of the database's owner."""
    with owner(ledger.engine.url) as connection, connection.cursor() as cursor:
        yield cursor


def times(ledger: Ledger, book: int = BOOK) -> list[datetime]:
    return [row.recorded_at for row in ledger.reader.read(book, 0, 100)]


def test_an_event_of_the_scenario_is_recorded_at_the_scenarios_time(scenario: Ledger, clock: Clock) -> None:
    scenario.append(BOOK, [attempt("a/1")])
    clock.forward(days=2)
    scenario.append(BOOK, [attempt("b/1")])
    assert times(scenario) == [APRIL, APRIL + timedelta(days=2)]


def test_attempts_that_are_taken_apart_keep_the_scenarios_time(scenario: Ledger) -> None:
    scenario.append(BOOK, [attempt("a/1"), attempt("a/1", version=7), attempt("b/1")])
    assert times(scenario) == [APRIL] * 2


def test_a_marker_has_the_scenarios_time(scenario: Ledger) -> None:
    scenario.append(BOOK, [marker()])
    assert times(scenario) == [APRIL]


def test_what_was_known_on_a_day_of_the_scenario_is_answered(scenario: Ledger, clock: Clock) -> None:
    scenario.append(BOOK, [attempt("a/1")])
    clock.forward(days=2)
    scenario.append(BOOK, [attempt("b/1")])
    assert scenario.reader.positions_as_known_at(APRIL + timedelta(days=1))[BOOK] == 1


def test_a_scenario_that_goes_back_is_recorded_no_earlier_than_what_any_book_holds(
    scenario: Ledger, clock: Clock
) -> None:
    scenario.append(BOOK, [attempt("a/1")])
    clock.forward(days=-2)
    scenario.append(BOOK, [attempt("b/1")])
    scenario.append(BOOK + 1, [attempt("c/1")])
    assert times(scenario) + times(scenario, BOOK + 1) == [APRIL] * 3


def test_after_the_scenario_the_servers_clock_goes_on_and_no_scenario_comes_behind_it(
    demonstration: Ledger, scenario: Ledger
) -> None:
    scenario.append(BOOK, [attempt("a/1")])
    before = datetime.now(UTC)
    demonstration.append(BOOK, [attempt("b/1")])
    scenario.append(BOOK + 1, [attempt("c/1")])
    assert times(demonstration)[1] >= before
    assert times(demonstration, BOOK + 1) == times(demonstration)[1:]


def test_a_scenario_ahead_of_the_servers_clock_is_refused(scenario: Ledger, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(minutes=5)
    with pytest.raises(psycopg2.Error, match="has not come yet") as refused:
        scenario.append(BOOK, [attempt("a/1")])
    assert refused.value.pgcode == "RL006"


def test_an_ordinary_ledger_has_no_scenario(ledger: Ledger, clock: Clock) -> None:
    with pytest.raises(NotADemonstration, match="not founded for demonstration"):
        ledger.in_scenario(clock)


@pytest.mark.parametrize("function", ["append", "append_marker"])
def test_an_ordinary_ledger_refuses_a_time_whoever_calls_the_function(ledger: Ledger, function: str) -> None:
    arguments = {"book": BOOK, "at": APRIL, **pack([marker()])}
    with cursor_of(ledger.engine) as cursor:
        prepare(cursor, function)
        with pytest.raises(psycopg2.Error, match="only a ledger founded") as refused:
            call(cursor, function, arguments)
    assert (refused.value.pgcode, times(ledger)) == ("RL005", [])


@pytest.mark.parametrize("function", ["append", "append_marker"])
def test_an_ordinary_ledger_refuses_a_time_to_its_owner_as_well(ledger: Ledger, function: str) -> None:
    arguments = {"book": BOOK, "at": APRIL, **pack([marker()])}
    with owned(ledger) as cursor:
        prepare(cursor, function)
        with pytest.raises(psycopg2.Error, match="only a ledger founded for demonstration"):
            call(cursor, function, arguments)


def test_an_ordinary_ledger_does_not_become_a_demonstration_by_being_opened_as_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    url = ledger.engine.url.render_as_string(hide_password=False)
    with Ledger.open(url, keys=FileKeyStore(tmp_path / "keys"), demonstration=True) as again:
        assert not again.identity.demonstration


def test_a_demonstration_is_one_however_it_is_opened(demonstration: Ledger, tmp_path: Path) -> None:
    url = demonstration.engine.url.render_as_string(hide_password=False)
    with Ledger.open(url, keys=FileKeyStore(tmp_path / "keys")) as again:
        assert again.identity.demonstration


@pytest.mark.parametrize(
    "change", ["UPDATE log.identity SET demonstration = NOT demonstration", "DELETE FROM log.identity"]
)
def test_the_owner_is_refused_another_identity(ledger: Ledger, change: str) -> None:
    with owned(ledger) as cursor, pytest.raises(psycopg2.Error, match="only the epoch") as refused:
        cursor.execute(change)
    assert refused.value.pgcode == "RL003"


def test_the_epoch_can_be_raised(demonstration: Ledger) -> None:
    with owned(demonstration) as cursor:
        cursor.execute("SELECT log.raise_epoch()")
    assert list(verify_log(demonstration.reader)) == []


def test_a_flag_that_was_turned_behind_the_trigger_is_found(demonstration: Ledger) -> None:
    with owned(demonstration) as cursor:
        cursor.execute("SET session_replication_role = replica; UPDATE log.identity SET demonstration = false")
    assert [(found.table, found.column) for found in verify_log(demonstration.reader)] == [("log.identity", "leaf")]
