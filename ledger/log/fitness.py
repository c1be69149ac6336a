"""Checks that a database can hold a ledger, before anything in it is changed: version, encoding and tables."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from ledger.log.database_errors import FOREIGN_SCHEMA, NEWER_SCHEMA, TOO_OLD, WRONG_ENCODING, DatabaseTrouble, shown

_OLDEST = 17
_SCHEMAS = ("log", "views")
_SERVER = (
    "SELECT current_setting('server_version_num')::integer / 10000, current_setting('server_version'),"
    " pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
)
_RELATIONS = (
    "SELECT nspname || coalesce('.' || relname, '') FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid"
    " AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S') WHERE nspname = ANY(:schemas) ORDER BY 1"
)
_OURS = {"log.alembic_version", "log.identity", "log.heads", "log.events"}


class Server(NamedTuple):
    """The server's major version, its full version, and the encoding of the database."""

    major: int
    version: str
    encoding: str


def check_fitness(connection: Connection, *, newest: str) -> str | None:
    """Returns the revision of the schema; None if there is no ledger yet. `newest` is the newest revision of this code.

    Raises `DatabaseTrouble` if the database is not suitable.
    """
    try:
        _check_server(Server(*connection.execute(text(_SERVER)).one()))
        relations = set(connection.execute(text(_RELATIONS), {"schemas": list(_SCHEMAS)}).scalars())
        if not _check_owner_of(relations):
            return None
        revision = str(connection.execute(text("SELECT version_num FROM log.alembic_version")).scalar())
        _check_revision(revision, newest)
    except DatabaseTrouble as trouble:
        database = trouble.database or shown(connection.engine.url)
        raise type(trouble)(trouble.words, database, trouble.kind) from trouble
    return revision


def _check_server(server: Server) -> None:
    if server.major < _OLDEST:
        raise DatabaseTrouble(f"it runs on PostgreSQL {server.version}", kind=TOO_OLD)
    if server.encoding != "UTF8":
        raise DatabaseTrouble(f"its encoding is {server.encoding}", kind=WRONG_ENCODING)


def _check_owner_of(relations: set[str]) -> bool:
    """True if the relations are a ledger's; False if there are none. Raises `DatabaseTrouble` for others."""
    if relations >= _OURS:
        return True
    if foreign := sorted(relations - {"log"}):
        shown_names = ", ".join(foreign[:3])
        raise DatabaseTrouble(f"it has {shown_names} but no ledger", kind=FOREIGN_SCHEMA)
    return False


def _check_revision(revision: str, newest: str) -> None:
    if not (revision.isdecimal() and len(revision) == len(newest)):
        raise DatabaseTrouble(f"its schema log is at the unknown revision {revision!r}", kind=FOREIGN_SCHEMA)
    if revision > newest:
        raise DatabaseTrouble(
            f"its schema is at revision {revision}, but this code knows only up to {newest}", kind=NEWER_SCHEMA
        )
