"""An open ledger for the tests of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2.extensions
import pytest

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from tests.ledger.log.attempts import owner


@pytest.fixture
def open_ledger(tmp_path: Path) -> Iterator[Callable[[str], Ledger]]:
    """Opens the ledger of an address; it is closed when the test ends."""
    with ExitStack() as open_ones:
        keys = FileKeyStore(tmp_path / "keys")
        yield lambda url: open_ones.enter_context(Ledger.open(url, keys=keys, books=4))


@pytest.fixture
def ledger(database_url: str, open_ledger: Callable[[str], Ledger]) -> Ledger:
    """A ledger of four books, empty."""
    return open_ledger(database_url)


@pytest.fixture
def sql(ledger: Ledger) -> Iterator[psycopg2.extensions.cursor]:
    """The database of `ledger` as its owner, each statement its own transaction."""
    with owner(ledger.engine.url) as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def kill_connections(sql: psycopg2.extensions.cursor) -> Callable[[], None]:
    """Ends every connection of the service to the database of `ledger`, as a restart of the server would."""

    def kill() -> None:
        sql.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'redledger'"
        )

    return kill
