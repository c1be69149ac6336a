"""Transactions of views: rows and checkpoint commit together, and a reader sees one state.

The ledger's engine is in autocommit. Transactions begin and end by explicit statements, because leaving and restoring
autocommit costs four more round trips.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from typing import Any, cast

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from ledger.log.database_errors import DatabaseTrouble, trouble_of
from ledger.log.engine import pooled_connection

_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@contextmanager
def transaction(engine: Engine, *, durable: bool = False) -> Iterator[extensions.cursor]:
    """Yields a psycopg2 cursor in a transaction. A broken connection leaves the pool.

    A crash of the server may lose the commit unless it is `durable`: rows and checkpoint of a view are then lost
    together and folded again, so their commit does not wait for the disk.
    """
    connection = pooled_connection(engine)
    try:
        with closing(cast(extensions.cursor, connection.cursor())) as cursor:
            assert cursor.connection.autocommit, "views are on the ledger's engine"
            cursor.execute("BEGIN" if durable else "BEGIN; SET LOCAL synchronous_commit = off")
            try:
                yield cursor
            except BaseException:
                with suppress(psycopg2.Error):
                    cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
    except BaseException as error:
        trouble = trouble_of(error, url=engine.url)
        if trouble is None:
            raise
        connection.invalidate()
        if trouble.kind.cuts:
            engine.dispose()  # the idle connections of a lost server are broken too
        raise trouble from error
    finally:
        connection.close()


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """Yields a SQLAlchemy connection in a transaction."""
    with _begun(engine, "BEGIN") as (connection, _):
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Yields a connection that sees one state of the database throughout."""
    with _begun(engine, _SNAPSHOT) as (connection, _):
        yield connection


def snapshot_asked(
    engine: Engine, question: str, values: Mapping[str, Any]
) -> AbstractContextManager[tuple[Connection, CursorResult[Any]]]:
    """Opens a snapshot and runs its first query, in one round trip."""
    return _begun(engine, f"{_SNAPSHOT}; {question}", values)


@contextmanager
def _begun(
    engine: Engine, statement: str, values: Mapping[str, Any] | None = None
) -> Iterator[tuple[Connection, CursorResult[Any]]]:
    with engine.connect() as connection:
        try:
            yield connection, connection.exec_driver_sql(statement, dict(values) if values else None)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            # the connection is broken, or it leaves the pool
            with suppress(DBAPIError, DatabaseTrouble, PendingRollbackError):
                connection.exec_driver_sql("ROLLBACK")
            raise


def is_lost(error: BaseException | None) -> bool:
    """True if the database is in trouble, not the statement: reconnect and continue from the checkpoint."""
    return trouble_of(error) is not None
