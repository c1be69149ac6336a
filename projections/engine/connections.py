"""Transactions on the views: rows and checkpoint stand or fall together, readers see one moment.

The ledger's engine is in autocommit. Transactions begin and end by hand, for to switch a connection out of autocommit
and back takes four round trips more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from typing import Any, cast

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from ledger.log.database_errors import ConnectionLost, DatabaseTrouble, trouble_of
from ledger.log.engine import pooled_connection

_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@contextmanager
def transaction(engine: Engine) -> Iterator[extensions.cursor]:
    """A psycopg2 cursor in a transaction. A broken connection leaves the pool."""
    connection = pooled_connection(engine)
    try:
        with closing(cast(extensions.cursor, connection.cursor())) as cursor:
            assert cursor.connection.autocommit, "views are on the ledger's engine"
            # Rows and checkpoint of a commit that a crash loses are lost together and folded again: no need to wait for
            # the disk.
            cursor.execute("BEGIN; SET LOCAL synchronous_commit = off")
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
        if isinstance(trouble, ConnectionLost):
            engine.dispose()  # a server that went away took the idle connections with it
        raise trouble from error
    finally:
        connection.close()


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """A SQLAlchemy connection in a transaction."""
    with _begun(engine, "BEGIN") as (connection, _):
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database throughout."""
    with _begun(engine, _SNAPSHOT) as (connection, _):
        yield connection


def snapshot_asked(
    engine: Engine, question: str, values: Mapping[str, Any]
) -> AbstractContextManager[tuple[Connection, CursorResult[Any]]]:
    """A snapshot and what its first question found, in one round trip."""
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
            with suppress(DBAPIError, DatabaseTrouble, PendingRollbackError):  # the connection is gone, or will leave
                connection.exec_driver_sql("ROLLBACK")
            raise


def is_lost(error: BaseException | None) -> bool:
    """True if the database, and not what was asked of it, is the trouble: reconnect and go on from the checkpoint."""
    return trouble_of(error) is not None
