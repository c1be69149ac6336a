"""A database that cannot hold a ledger is refused in one sentence, and left as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import create_engine

from ledger.log import fitness
from ledger.log.database_errors import (
    FOREIGN_SCHEMA,
    NEWER_SCHEMA,
    TOO_OLD,
    WRONG_ENCODING,
    DatabaseTrouble,
    TroubleKind,
)
from ledger.log.fitness import Server
from ledger.log.migrations import upgrade
from service.embedded import EmbeddedPostgres

Made = Callable[..., str]


@pytest.fixture
def made(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Made:
    """Makes a database by this suffix to CREATE DATABASE, with these statements run in it; its address."""
    name = f"unfit_{abs(hash(request.node.name))}"

    def make(suffix: str = "", statements: Sequence[str] = ()) -> str:
        admin = create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 {suffix}")
        admin.dispose()
        url = postgres.url(name)
        _run(url, statements)
        return url

    return make


def _run(url: str, statements: Sequence[str]) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _refused(url: str) -> DatabaseTrouble:
    with pytest.raises(DatabaseTrouble) as refused:
        upgrade(url)
    return refused.value


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_another_encoding_is_named(made: Made, encoding: str) -> None:
    refused = _refused(made(f"ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C'"))
    assert refused.kind is WRONG_ENCODING
    assert f"its encoding is {encoding}" in str(refused)


@pytest.mark.parametrize(
    ("named", "statements"),
    [
        ("log.entries", ["CREATE SCHEMA log", "CREATE TABLE log.entries (n integer)"]),
        ("log.alembic_version", ["CREATE SCHEMA log", "CREATE TABLE log.alembic_version (version_num text)"]),
        ("views.sales", ["CREATE SCHEMA views", "CREATE VIEW views.sales AS SELECT 1 AS n"]),
        ("views", ["CREATE SCHEMA views"]),
    ],
)
def test_somebody_else_s_tables_are_named_and_left_alone(made: Made, named: str, statements: list[str]) -> None:
    url = made("", statements)
    refused = _refused(url)
    assert refused.kind is FOREIGN_SCHEMA
    assert named in str(refused)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('log.events')").scalar() is None
    engine.dispose()


def test_an_empty_schema_log_is_taken(made: Made) -> None:
    upgrade(made("", ["CREATE SCHEMA log"]))


@pytest.mark.parametrize(("revision", "kind"), [("9999", NEWER_SCHEMA), ("a3f1", FOREIGN_SCHEMA)])
def test_a_revision_that_this_code_does_not_know_is_refused(made: Made, revision: str, kind: TroubleKind) -> None:
    url = made()
    upgrade(url)
    _run(url, [f"UPDATE log.alembic_version SET version_num = '{revision}'"])
    refused = _refused(url)
    assert refused.kind is kind
    assert revision in str(refused)


@pytest.mark.parametrize("version", ["15.10 (Debian 15.10-0+deb12u1)", "16.4", "9.6.24"])
def test_an_old_server_is_named_with_its_version_and_what_is_needed(version: str) -> None:
    server = Server(int(version.partition(".")[0]), version, "UTF8")
    with pytest.raises(DatabaseTrouble, match=r"PostgreSQL 17 or newer") as refused:
        fitness._check_server(server)
    assert refused.value.kind is TOO_OLD
    assert version in str(refused.value)


def test_a_new_enough_server_will_do() -> None:
    fitness._check_server(Server(17, "17.0", "UTF8"))
