"""Transactions on the views' tables, on the connections of whatever engine the caller has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError


def transactional(engine: Engine) -> Engine:
    """The same pool, but statements belong to transactions: rows and checkpoint stand or fall together."""
    return engine.execution_options(isolation_level="READ COMMITTED")


@contextmanager
def transaction(engine: Engine) -> Iterator[extensions.cursor]:
    """A psycopg2 cursor in a transaction. A broken connection leaves the pool."""
    with engine.connect() as connection:
        try:
            with connection.begin(), cast(extensions.cursor, connection.connection.cursor()) as cursor:
                yield cursor
        except Exception as error:
            if is_lost(error):
                connection.invalidate()
            raise


def is_lost(error: BaseException | None) -> bool:
    """Whether the database, and not what was asked of it, is the trouble: reconnect and go on from the checkpoint."""
    if isinstance(error, DBAPIError):
        error = error.orig
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return True
    # libpq's own: a broken conversation has no SQLSTATE
    return type(error) is psycopg2.DatabaseError and error.pgcode is None
