"""Nothing recorded can be changed: not by the application's role, and not by the owner."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest

from ledger.ledger import Ledger
from ledger.log.engine import cursor_of
from tests.ledger.log.attempts import BOOK, attempt, refusal

TABLES = ["log.events", "log.outcomes"]
KEPT = [*TABLES, "log.heads", "log.accounts", "log.directory", "log.identity"]
CHANGES = {
    "UPDATE": "UPDATE {} SET book = book",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {}",
}


@pytest.fixture(autouse=True)
def _something_recorded(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt(), refusal(version=1)])


@pytest.fixture
def app(ledger: Ledger) -> Iterator[psycopg2.extensions.cursor]:
    with cursor_of(ledger.engine) as cursor:
        yield cursor


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_owner_is_stopped_by_a_trigger(sql: psycopg2.extensions.cursor, table: str, change: str) -> None:
    with pytest.raises(psycopg2.Error, match="the log is append-only") as refused:
        sql.execute(change.format(table))
    assert refused.value.pgcode == "RL003"


def test_the_service_acts_as_the_applications_role(app: psycopg2.extensions.cursor) -> None:
    app.execute("SELECT current_user")
    assert app.fetchall() == [("redledger_app",)]


@pytest.mark.parametrize("table", KEPT)
def test_the_application_reads_every_table_of_the_log(app: psycopg2.extensions.cursor, table: str) -> None:
    app.execute(f"SELECT count(*) FROM {table}")
    assert app.fetchall()


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("privilege", ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"])
def test_the_application_has_no_right_to_change_one(
    sql: psycopg2.extensions.cursor, table: str, privilege: str
) -> None:
    sql.execute("SELECT has_table_privilege('redledger_app', %s, %s)", (table, privilege))
    assert sql.fetchall() == [(False,)]


@pytest.mark.parametrize("change", [*CHANGES.values(), "INSERT INTO {} SELECT * FROM {}"])
def test_the_application_is_refused_when_it_tries(app: psycopg2.extensions.cursor, change: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        app.execute(change.format(*["log.events"] * 2))


APPENDING = {"append", "append_marker", "assign_books", "position_as_known_at", "put_aside", "give_keys", "take_up"}


def test_the_application_may_call_what_appends_and_nothing_else_of_the_log(sql: psycopg2.extensions.cursor) -> None:
    sql.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'log'::regnamespace"
        " AND has_function_privilege('redledger_app', oid, 'EXECUTE')"
    )
    callable_names = {name for (name,) in sql.fetchall()}
    assert "append" in callable_names
    assert callable_names <= APPENDING


def test_the_application_may_make_tables_for_views(app: psycopg2.extensions.cursor) -> None:
    app.execute("CREATE TABLE views.probe (book integer PRIMARY KEY)")
    app.execute("DROP TABLE views.probe")


def test_the_application_may_not_make_tables_in_the_log(app: psycopg2.extensions.cursor) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        app.execute("CREATE TABLE log.probe (book integer PRIMARY KEY)")


def test_a_function_of_the_callers_own_does_not_run_inside_the_append(app: psycopg2.extensions.cursor) -> None:
    app.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE oid = 'log.append'::regproc")
    ((runs_as_owner, settings),) = app.fetchall()
    assert runs_as_owner
    assert "search_path=pg_catalog, pg_temp" in settings
