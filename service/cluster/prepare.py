"""Preparation of a Citus coordinator for a new ledger: the schema, the places of its tables and functions, the books.

Each step is left out if it is done, so that it may be cut off and run again.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from ledger.log.books import found
from ledger.log.engine import APP_ROLE
from ledger.log.migrations import upgrade
from ledger.log.placement import HEADS, Placement, is_placed, place
from service.cluster.coordinator import DECLARED, coordinator, functions_of_a_book
from service.failures import ServiceFailure

_WORKERS = "SELECT count(*) FROM pg_dist_node WHERE groupid > 0 AND isactive AND shouldhaveshards"
_HEADS = "SELECT create_distributed_table(:heads, 'book', shard_count => :shards, colocate_with => 'none')"
_FUNCTION = "SELECT create_distributed_function(:signature, '$1', colocate_with => 'log.heads')"
_IS_OF_A_BOOK = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_object WHERE classid = 'pg_proc'::regclass
AND objid = to_regprocedure(:signature) AND distribution_argument_index = 0)
"""
# A later revision may make triggers too, in a session of its own.
_TRIGGERS = "ALTER DATABASE {} SET citus.enable_unsafe_triggers = on"
_THERE = "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NOT NULL"
_HAS_LEDGER = "SELECT to_regclass('log.events') IS NOT NULL"
_IS_FOUNDED = "SELECT EXISTS (SELECT FROM log.identity)"


def prepare(url: str, *, shards: int, books: int) -> None:
    """Makes an empty database of a coordinator the place of a new ledger. Does nothing to one that is prepared.

    `shards` and `books` count only the first time. Raises `ServiceFailure` if the server is no coordinator,
    has no worker, or holds a ledger that is not placed.
    """
    prepare_tables(url, shards=shards)
    with coordinator(url) as connection:
        is_founded = connection.execute(text(_IS_FOUNDED)).scalar()
    if not is_founded:
        found(url, books=books)


def prepare_tables(url: str, *, shards: int) -> None:
    """Makes the empty log of a ledger that is not founded yet, and places it."""
    with coordinator(url) as connection:
        _expect_usable(connection)
        name = connection.execute(text("SELECT quote_ident(current_database())")).scalar_one()
        connection.execute(text(_TRIGGERS.format(name)))
    upgrade(url)
    with coordinator(url) as connection:
        connection.execute(text(f"ALTER ROLE {APP_ROLE} LOGIN"))  # the coordinator connects to workers as this role
        if not is_placed(connection):
            connection.execute(text("SET LOCAL citus.multi_shard_modify_mode = 'sequential'"))
            connection.execute(text(_HEADS), {"heads": HEADS, "shards": shards})
        place(connection, _there(connection))
        for signature in functions_of_a_book(connection):
            if not connection.execute(text(_IS_OF_A_BOOK), {"signature": signature}).scalar():
                connection.execute(text(_FUNCTION), {"signature": signature})


def _there(connection: Connection) -> dict[str, Placement]:
    """Returns the declared tables that exist: those of views are made when a view is first folded."""
    names = connection.execute(text(_THERE), {"names": list(DECLARED)})
    return {name: DECLARED[name] for name in names.scalars()}


def _expect_usable(connection: Connection) -> None:
    if not connection.execute(text(_WORKERS)).scalar():
        raise ServiceFailure("The cluster has no worker yet. Add each with SELECT citus_add_node('HOST', 5432).")
    if not connection.execute(text(_HAS_LEDGER)).scalar() or is_placed(connection):
        return
    if connection.execute(text(_IS_FOUNDED)).scalar():
        raise ServiceFailure(
            "This database holds a ledger of one server. Prepare another database, and move the ledger onto it:"
            " `redledger cluster move`."
        )
