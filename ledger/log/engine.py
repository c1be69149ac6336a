"""Connections to the log: as owner, for migrations, and as `redledger_app`, which can only read and append."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
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
# Instants and days are ISO texts in UTC under all server settings. JIT is too slow for an append.
_SETTINGS = "-c timezone=UTC -c datestyle=ISO -c jit=off"
# An append takes milliseconds, so a wait of 30 s for a lock means that its holder hangs. The fixed search path keeps
# settings of the login or the database from changing the objects that a name means.
_ONLY_OURS = "-c lock_timeout=30s -c search_path=pg_catalog"
# Without these limits, a client waits for ever for a server that hangs or is cut off.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

_DIALECT: dict[str, Any] = {"use_native_hstore": False}  # no column has the type, and each connection would ask for it

# Only a superuser can write instants and days beyond Python's calendar. They are read as the calendar's end: the hash
# of that row then fails, and the other rows can still be read.
BEYOND_CALENDAR = (ValueError, OverflowError, psycopg2.Error)  # the driver's errors for such a value
_ENDS = {
    (1184,): (psycopg2.extensions.PYDATETIMETZ, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
    (1082,): (psycopg2.extensions.PYDATE, date.min, date.max),
}


def owner_engine(url: str) -> Engine:
    """Returns an engine for migrations and new books. It acts as the login in the address."""
    arguments = _arguments(url, "redledger owner", _SETTINGS)
    return _reporting(create_engine(url, pool_size=1, connect_args=arguments, **_DIALECT))


@contextmanager
def owned(url: str) -> Iterator[Engine]:
    """Yields an engine as `owner_engine` does, whose connections end with the block."""
    engine = owner_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def writer_engine(url: str, *, connections: int = 20) -> Engine:
    """Returns an engine for everything else. It acts as `redledger_app`; each statement is its own transaction."""
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=connections,
        max_overflow=connections,
        **_DIALECT,
        connect_args=_arguments(url, "redledger", f"{_SETTINGS} {_ONLY_OURS} -c role={APP_ROLE}"),
    )
    return _reporting(engine)


def pooled_connection(engine: Engine) -> PoolProxiedConnection:
    """Returns a connection of the engine's pool. Raises `DatabaseUnreachable`."""
    try:
        return engine.raw_connection()
    except (psycopg2.Error, PoolExhausted) as error:
        trouble = trouble_of(error, url=engine.url, connecting=True)
        if trouble is None:
            raise
        raise trouble from error


@contextmanager
def cursor_of(engine: Engine) -> Iterator[psycopg2.extensions.cursor]:
    """Yields a psycopg2 cursor on a pooled connection.

    Raises `DatabaseUnreachable` before the block, and `DatabaseTrouble` from it: `ConnectionLost` if the server may
    have executed the statement. Errors of data are raised unchanged.
    """
    pooled = pooled_connection(engine)
    driver: psycopg2.extensions.connection = pooled.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        trouble = trouble_of(error, url=engine.url)
        if driver.closed and not (trouble and trouble.kind.cuts):
            trouble = ConnectionLost(str(error), shown(engine.url))
        if trouble is not None and trouble.kind.cuts:
            pooled.invalidate(error)
            engine.dispose()  # the idle connections are lost too
        if trouble is None:
            raise
        raise trouble from error
    finally:
        pooled.close()


def _arguments(url: str, name: str, options: str) -> dict[str, Any]:
    own = make_url(url).query  # parameters in the address take precedence
    patience = {key: value for key, value in _PATIENCE.items() if key not in own}
    return patience | {"options": options, "application_name": name}


def _reporting(engine: Engine) -> Engine:
    """Makes the engine raise `DatabaseTrouble` for errors that `trouble_of` knows, also while connecting."""

    def reported(context: ExceptionContext) -> BaseException | None:
        connecting = context.connection is None
        return trouble_of(context.original_exception, url=engine.url, connecting=connecting)

    event.listen(engine, "handle_error", reported, retval=True)
    event.listen(engine, "connect", _read_any_instant)
    event.listen(engine, "connect", _read_whole_numbers)
    event.listen(engine, "checkin", _leave_if_unfinished)
    return engine


def _leave_if_unfinished(connection: psycopg2.extensions.connection | None, record: ConnectionPoolEntry) -> None:
    """Removes a connection from the pool if its transaction was neither committed nor rolled back.

    Otherwise the next user's statements would be refused, or would run in that transaction.
    """
    if connection is not None and connection.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
        record.invalidate()


def _read_any_instant(connection: psycopg2.extensions.connection, _: object) -> None:
    for oids, (parse, first, last) in _ENDS.items():
        kind = psycopg2.extensions.new_type(oids, "INSTANT", partial(_within, parse, first, last))
        psycopg2.extensions.register_type(kind, connection)


def _read_whole_numbers(connection: psycopg2.extensions.connection, _: object) -> None:
    """Makes the connection read a numeric without decimals as an `int`: sums of amounts have this type."""
    kind = psycopg2.extensions.new_type(psycopg2.extensions.DECIMAL.values, "WHOLE", _whole)
    psycopg2.extensions.register_type(kind, connection)


def _whole(value: Any, _: object) -> int | Decimal | None:
    if value is None:
        return None
    return int(value) if value.lstrip("-").isdigit() else Decimal(value)


def read_plainly(cursor: psycopg2.extensions.cursor) -> None:
    """Makes this cursor read instants and days in the driver's C code, which is a third faster.

    A value beyond Python's calendar then raises one of `BEYOND_CALENDAR`.
    """
    for parse, _, _ in _ENDS.values():
        psycopg2.extensions.register_type(parse, cursor)


def _within(parse: Callable[[Any, Any], Any], first: Any, last: Any, value: Any, cursor: Any) -> Any:
    try:
        return parse(value, cursor)
    except BEYOND_CALENDAR:
        return first if value.endswith("BC") else last
