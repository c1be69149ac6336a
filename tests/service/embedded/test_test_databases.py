"""The databases that other tests stand on: cloned from a sealed template, and emptied in one statement."""

from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest

from service.embedded import EmbeddedPostgres
from tests.support.postgres import clean, clone, connect_for_cleaning, seal

_SCHEMA = """
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE events (book int, position bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (book, position))
  PARTITION BY HASH (book);
CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append-only'; END $$;
CREATE TRIGGER append_only BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE SCHEMA views;
CREATE TABLE views.balances (book int PRIMARY KEY);
"""


@pytest.fixture(scope="module")
def small_template(postgres: EmbeddedPostgres) -> str:
    lingering = psycopg2.connect(postgres.dsn("small_template"))
    with lingering, lingering.cursor() as cursor:
        cursor.execute(_SCHEMA)
    seal(postgres, "small_template")
    return "small_template"


@pytest.fixture
def name(postgres: EmbeddedPostgres, small_template: str) -> str:
    name = f"small_{uuid4().hex}"
    clone(postgres, small_template, name)
    return name


@pytest.fixture
def database(postgres: EmbeddedPostgres, name: str) -> str:
    return postgres.dsn(name)


def rows(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_a_clone_has_what_the_template_has_though_a_connection_to_that_was_left_open(database: str) -> None:
    assert rows(database, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_cleaning_empties_every_schema_in_spite_of_triggers_and_keeps_the_migrations_mark(
    postgres: EmbeddedPostgres, name: str, database: str
) -> None:
    insert = "INSERT INTO events (book) VALUES (1), (1) RETURNING position"
    assert rows(database, insert) == [(1,), (2,)]
    rows(database, "INSERT INTO views.balances VALUES (1) RETURNING book")
    with closing(connect_for_cleaning(postgres, name)) as connection:
        clean(connection)
    assert rows(database, "SELECT book FROM events UNION ALL SELECT book FROM views.balances") == []
    assert rows(database, insert) == [(1,), (2,)]
    assert rows(database, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_cleaning_is_not_held_up_by_a_transaction_that_a_failed_test_left_open(
    postgres: EmbeddedPostgres, name: str, database: str
) -> None:
    left_open = psycopg2.connect(database)
    left_open.cursor().execute("LOCK TABLE events")
    with closing(connect_for_cleaning(postgres, name)) as connection:
        clean(connection)
    assert rows(database, "SELECT * FROM events") == []


def test_a_durable_server_flushes_and_a_quick_one_does_not(
    postgres: EmbeddedPostgres, durable_postgres: EmbeddedPostgres
) -> None:
    assert rows(postgres.dsn("redledger"), "SHOW fsync") == [("off",)]
    assert rows(durable_postgres.dsn("redledger"), "SHOW fsync") == [("on",)]
