"""Connections to the log: as its owner, who migrates, and as the application, who can only read and append."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2.extensions
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

APP_ROLE = "redledger_app"
# Texts of instants and days are ISO in UTC whatever the server's settings; compiling a plan never pays for an append.
_SETTINGS = "-c timezone=UTC -c datestyle=ISO -c jit=off"


class DatabaseUnreachable(Exception):
    """The database cannot be reached: one sentence says which, and why."""


class ConnectionLost(psycopg2.OperationalError):
    """The connection broke under a statement; whether the server carried it out is not known."""


class OutcomeUnknown(Exception):
    """The connection broke during an append, which may be recorded or not: send it again with the same ids."""


def owner_engine(url: str) -> Engine:
    """For migrations and new books: acts as whoever the address names."""
    return create_engine(url, pool_size=1, connect_args={"options": _SETTINGS, "application_name": "redledger owner"})


def writer_engine(url: str, *, connections: int = 16) -> Engine:
    """For everything else: acts as `redledger_app`, each statement its own transaction."""
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=connections,
        max_overflow=connections,
        connect_args={"options": f"{_SETTINGS} -c role={APP_ROLE}", "application_name": "redledger"},
    )


@contextmanager
def reaching(database: str | Engine) -> Iterator[None]:
    """Turns a connection that cannot be made into one clear sentence."""
    try:
        yield
    except OperationalError as error:
        if error.statement is not None and not error.connection_invalidated:
            raise
        raise DatabaseUnreachable(_sentence(database, str(error.orig))) from error
    except psycopg2.OperationalError as error:
        raise DatabaseUnreachable(_sentence(database, str(error))) from error


@contextmanager
def cursor_of(engine: Engine) -> Iterator[psycopg2.extensions.cursor]:
    """A psycopg2 cursor on a pooled connection. Raises `DatabaseUnreachable` before, `ConnectionLost` within."""
    with reaching(engine):
        pooled = engine.raw_connection()
    driver: psycopg2.extensions.connection = pooled.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor:
            yield cursor
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        if not driver.closed:
            raise
        pooled.invalidate(error)
        engine.dispose()  # a server that went away took the idle connections with it
        raise ConnectionLost(*error.args) from error
    finally:
        pooled.close()


def _sentence(database: str | Engine, reason: str) -> str:
    url = make_url(database) if isinstance(database, str) else database.url
    shown = url.render_as_string(hide_password=True)
    return f"The database {shown} cannot be reached: {' '.join(reason.split())}"
