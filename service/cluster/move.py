"""The move of a ledger of one server onto a cluster: its rows, book by book; views are folded there again.

A book is moved in one transaction, and the identity last, with the next epoch. So a move that was cut off goes on where
it stood, and a cluster without the identity has no ledger yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2 import extensions

from ledger.log.engine import owner_engine, pooled_connection
from ledger.log.migrations import upgrade
from ledger.log.placement import PLACEMENTS
from service.failures import ServiceFailure

Watch = Callable[[int, int], object]  # gets the number of moved books and of all
_OF_A_BOOK = [table for table, placement in PLACEMENTS.items() if placement == "by book"]
# A trigger, because to make it waits for appends that run, and no later one misses it. The code is that of a server
# that is set to read-only.
_CLOSE = """
CREATE OR REPLACE FUNCTION log.refuse_after_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '25006', MESSAGE = 'this ledger is moved to a cluster';
END
$$;
CREATE OR REPLACE TRIGGER moved BEFORE INSERT OR UPDATE ON log.heads
FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_after_move()
"""
_IDENTITY = "SELECT ledger_id::text, epoch, books FROM log.identity"
_NEXT_EPOCH = """
SELECT single, ledger_id, epoch + 1, zone, created_at, demonstration, books,
       log.identity_leaf(ledger_id, epoch + 1, zone, created_at, demonstration, books) FROM log.identity
"""


def move(source: str, target: str, watch: Watch) -> None:
    """Moves the ledger at `source` to `target`, a database with the empty log of a ledger or what an earlier move left.

    The source takes no commands any more. Raises `ServiceFailure` if the target has another ledger.
    """
    upgrade(source)
    with _connected(source) as here, _connected(target) as there:
        identity = _identity(here)
        if identity is None:
            raise ServiceFailure("There is no ledger to move in this database.")
        moved = _identity(there)
        if moved is not None:
            _expect_same(identity, moved)
            return
        here.execute(_CLOSE)
        books = identity[2]
        for book in range(books):
            watch(book, books)
            _move_book(here, there, book)
        _found(here, there)
        watch(books, books)


def _expect_same(identity: Sequence[Any], moved: Sequence[Any]) -> None:
    if UUID(moved[0]) != UUID(identity[0]) or moved[1] <= identity[1]:
        raise ServiceFailure(f"The cluster holds the ledger {moved[0]} already. Name an empty database of it.")


def _move_book(here: extensions.cursor, there: extensions.cursor, book: int) -> None:
    """Moves a book, unless it is moved. Raises `ServiceFailure` if another move of the book runs now."""
    there.execute("SELECT EXISTS (SELECT FROM log.heads WHERE book = %s)", (book,))
    if there.fetchone() == (True,):
        return
    with _transaction(there):
        for table in _OF_A_BOOK:
            _copy(here, there, f"SELECT * FROM {table} WHERE book = {book}", table)


def _found(here: extensions.cursor, there: extensions.cursor) -> None:
    with _transaction(there):
        _copy(here, there, "SELECT * FROM log.directory", "log.directory")
        _copy(here, there, _NEXT_EPOCH, "log.identity")


def _copy(here: extensions.cursor, there: extensions.cursor, rows: str, table: str) -> None:
    """Copies rows into a table of the same columns, over a file: a book may be larger than the memory."""
    with TemporaryFile() as file:
        here.copy_expert(f"COPY ({rows}) TO STDOUT (FORMAT binary)", file)
        file.seek(0)
        there.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", file)


def _identity(cursor: extensions.cursor) -> Sequence[Any] | None:
    cursor.execute(_IDENTITY)
    return cursor.fetchone()


@contextmanager
def _connected(url: str) -> Iterator[extensions.cursor]:
    """Yields a cursor of the owner; each statement is its own transaction."""
    engine = owner_engine(url)
    try:
        with closing(pooled_connection(engine)) as connection:
            driver: extensions.connection = connection.driver_connection  # type: ignore[assignment]
            driver.autocommit = True
            with driver.cursor() as cursor:
                yield cursor
    finally:
        engine.dispose()


@contextmanager
def _transaction(cursor: extensions.cursor) -> Iterator[None]:
    cursor.execute("BEGIN")
    try:
        yield
    except psycopg2.errors.UniqueViolation:
        cursor.execute("ROLLBACK")
        raise ServiceFailure("Another move of this ledger runs now. Wait until it ends, and run this again.") from None
    except BaseException:
        with suppress(psycopg2.Error):
            cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")
