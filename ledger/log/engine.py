"""Connections to the log: as its owner, who migrates, and as the application, who can only read and append."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import psycopg2
import psycopg2.extensions
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from ledger.log.database_errors import ConnectionLost, shown, trouble_of

APP_ROLE = "redledger_app"
# Texts of instants and days are ISO in UTC whatever the server's settings; compiling a plan never pays for an append.
_SETTINGS = "-c timezone=UTC -c datestyle=ISO -c jit=off"
# Nobody waits for ever for a lock that somebody else holds, as an append takes milliseconds; and no name is looked up
# where a setting of the login or the database says.
_ONLY_OURS = "-c lock_timeout=30s -c search_path=pg_catalog"
# A server that is hung or cut off is noticed: without these a client waits for ever.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


# Instants and days beyond Python's calendar, which only somebody with all rights can have written, are read as its end:
# the row's hash does not hold then, and its neighbours are read.
BEYOND_CALENDAR = (ValueError, OverflowError, psycopg2.Error)  # what the driver raises for one
_ENDS = {
    (1184,): (psycopg2.extensions.PYDATETIMETZ, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    (1082,): (psycopg2.extensions.PYDATE, date.min, date.max),
}


def owner_engine(url: str) -> Engine:
    """For migrations and new books: acts as whoever the address names."""
    return _reporting(create_engine(url, pool_size=1, connect_args=_arguments(url, "redledger owner", _SETTINGS)))


def writer_engine(url: str, *, connections: int = 16) -> Engine:
    """For everything else: acts as `redledger_app`, each statement its own transaction."""
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=connections,
        max_overflow=connections,
        connect_args=_arguments(url, "redledger", f"{_SETTINGS} {_ONLY_OURS} -c role={APP_ROLE}"),
    )
    return _reporting(engine)


def pooled_connection(engine: Engine) -> PoolProxiedConnection:
    """A connection of the engine's pool, of the driver's own kind. Raises `DatabaseUnreachable`."""
    try:
        return engine.raw_connection()
    except (psycopg2.Error, PoolExhausted) as error:
        trouble = trouble_of(error, url=engine.url, connecting=True)
        if trouble is None:
            raise
        raise trouble from error


@contextmanager
def cursor_of(engine: Engine) -> Iterator[psycopg2.extensions.cursor]:
    """A psycopg2 cursor on a pooled connection. Raises `DatabaseUnreachable` before, `DatabaseTrouble` within, which is
    `ConnectionLost` where the server may have carried the statement out; the driver's error of data as it is.
    """
    pooled = pooled_connection(engine)
    driver: psycopg2.extensions.connection = pooled.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        trouble = trouble_of(error, url=engine.url)
        if driver.closed and not isinstance(trouble, ConnectionLost):
            trouble = ConnectionLost(str(error), shown(engine.url))
        if isinstance(trouble, ConnectionLost):
            pooled.invalidate(error)
            engine.dispose()  # a server that went away took the idle connections with it
        if trouble is None:
            raise
        raise trouble from error
    finally:
        pooled.close()


def _arguments(url: str, name: str, options: str) -> dict[str, Any]:
    own = make_url(url).query  # what the address says of itself counts
    patience = {key: value for key, value in _PATIENCE.items() if key not in own}
    return patience | {"options": options, "application_name": name}


def _reporting(engine: Engine) -> Engine:
    """Make the engine raise `DatabaseTrouble` for what `trouble_of` knows, also where a connection cannot be made."""

    def reported(context: ExceptionContext) -> BaseException | None:
        connecting = context.connection is None
        return trouble_of(context.original_exception, url=engine.url, connecting=connecting)

    event.listen(engine, "handle_error", reported, retval=True)
    event.listen(engine, "connect", _read_any_instant)
    event.listen(engine, "checkin", _leave_if_unfinished)
    return engine


def _leave_if_unfinished(connection: psycopg2.extensions.connection | None, record: ConnectionPoolEntry) -> None:
    """A connection whose transaction could be neither committed nor rolled back leaves the pool: whoever was given it
    next would find his own statements refused, or in somebody else's transaction."""
    if connection is not None and connection.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
        record.invalidate()


def _read_any_instant(connection: psycopg2.extensions.connection, _: object) -> None:
    for oids, (parse, first, last) in _ENDS.items():
        kind = psycopg2.extensions.new_type(oids, "INSTANT", partial(_within, parse, first, last))
        psycopg2.extensions.register_type(kind, connection)


def read_plainly(cursor: psycopg2.extensions.cursor) -> None:
    """Reads instants and days on this cursor in the driver's own C, a third faster. One beyond the calendar raises one
    of `BEYOND_CALENDAR` then."""
    for parse, _, _ in _ENDS.values():
        psycopg2.extensions.register_type(parse, cursor)


def _within(parse: Callable[[Any, Any], Any], first: Any, last: Any, value: Any, cursor: Any) -> Any:
    try:
        return parse(value, cursor)
    except BEYOND_CALENDAR:
        return first if value.endswith("BC") else last
