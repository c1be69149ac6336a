"""The coordinator of a Citus cluster, and the declared places of everything that a ledger has there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from ledger.log.engine import owner_engine
from ledger.log.placement import FUNCTIONS_OF_A_BOOK, PLACEMENTS, Placement, has_citus
from projections.engine.control import PLACEMENTS as OF_VIEWS
from service.failures import ServiceFailure

DECLARED: dict[str, Placement] = {**PLACEMENTS, **OF_VIEWS}
_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p
WHERE p.pronamespace = to_regnamespace('log') AND p.proname = ANY(:names) ORDER BY 1
"""
_PLAIN = (
    "This is a plain PostgreSQL server, without Citus: a ledger on it needs no preparation. Name the coordinator of a"
    " cluster with --database-url, and run CREATE EXTENSION citus in its database first."
)
_NOT_COORDINATOR = "This server is a worker of the cluster. Name the coordinator with --database-url."
_NOT_SUPERUSER = "This login is no superuser. The cluster needs one to make roles and to place tables on its servers."


@contextmanager
def coordinator(url: str) -> Iterator[Connection]:
    """Yields a connection to the coordinator, in a transaction. Raises `ServiceFailure` for any other server."""
    engine = owner_engine(url)
    try:
        with engine.begin() as connection:
            if not has_citus(connection):
                raise ServiceFailure(_PLAIN)
            if not connection.execute(text("SELECT citus_is_coordinator()")).scalar():
                raise ServiceFailure(_NOT_COORDINATOR)
            if not connection.execute(text("SELECT current_setting('is_superuser')::boolean")).scalar():
                raise ServiceFailure(_NOT_SUPERUSER)
            yield connection
    finally:
        engine.dispose()


def functions_of_a_book(connection: Connection) -> list[str]:
    """Returns the signatures of the functions that run on the server of their book."""
    return list(connection.execute(text(_FUNCTIONS), {"names": list(FUNCTIONS_OF_A_BOOK)}).scalars())
