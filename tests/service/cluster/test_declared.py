"""The declared places are those of every table and of every function that there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from ledger.log.engine import owner_engine
from ledger.log.placement import FUNCTIONS_OF_A_BOOK
from service.cluster.coordinator import DECLARED
from tests.house.book_statements import REFERENCE_TABLES

_TABLES = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND (n.nspname IN ('log', 'delivery') OR n.nspname = 'views' AND c.relname !~ '_v[0-9]+_g[0-9]+$')
"""
_FUNCTIONS = """
SELECT proname FROM pg_proc WHERE pronamespace = 'log'::regnamespace AND proargnames[1] = 'p_book'
AND has_function_privilege('redledger_app', oid, 'EXECUTE')
"""


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = owner_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_every_table_but_those_of_views_has_a_declared_place(connection: Connection) -> None:
    assert DECLARED.keys() == set(connection.execute(text(_TABLES)).scalars())


def test_a_table_without_a_book_is_on_every_server() -> None:
    assert {table for table, place in DECLARED.items() if place == "on every server"} == REFERENCE_TABLES.keys()


def test_every_function_of_one_book_that_the_service_calls_runs_on_the_server_of_the_book(
    connection: Connection,
) -> None:
    assert set(FUNCTIONS_OF_A_BOOK) == set(connection.execute(text(_FUNCTIONS)).scalars())
