"""Placement of tables on a Citus cluster: by book, beside the heads of the log, or a copy on every server.

On a plain server nothing is placed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, text

Placement = Literal["by book", "on every server"]
HEADS = "log.heads"  # the other tables are placed where this one is
PLACEMENTS: dict[str, Placement] = {
    HEADS: "by book",
    "log.events": "by book",
    "log.outcomes": "by book",
    "log.accounts": "by book",
    "log.account_keys": "by book",
    "log.set_aside": "by book",
    "delivery.books": "by book",
    "delivery.events": "by book",
    "delivery.members": "by book",
    "delivery.attempts": "by book",
    "log.identity": "on every server",
    "log.directory": "on every server",
    "log.alembic_version": "on every server",
}
# Functions of one book, whose first argument it is: a call runs on the server of the book, in one round trip.
FUNCTIONS_OF_A_BOOK = ("append", "append_marker", "give_keys", "position_as_known_at", "put_aside", "take_up")

_HAS_CITUS = "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL"
_IS_PLACED = "SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid = to_regclass(:table))"
_BY_BOOK = "SELECT create_distributed_table(:table, 'book', colocate_with => 'log.heads')"
_ON_EVERY_SERVER = "SELECT create_reference_table(:table)"
# Without it, the placing of a second table in a transaction is refused: the first one used several connections.
_ONE_AFTER_ANOTHER = "SET LOCAL citus.multi_shard_modify_mode = 'sequential'"


def has_citus(connection: Connection) -> bool:
    """True if the extension is there, so that tables can be placed."""
    return bool(connection.execute(text(_HAS_CITUS)).scalar())


def is_placed(connection: Connection, table: str = HEADS) -> bool:
    """True if the table is placed on the servers of a cluster. By default: the log, and so all that belongs to it."""
    return has_citus(connection) and bool(connection.execute(text(_IS_PLACED), {"table": table}).scalar())


def place(connection: Connection, tables: Mapping[str, Placement]) -> None:
    """Places these tables in the caller's transaction, unless they are placed. Does nothing where the log is on one
    server."""
    if not is_placed(connection):
        return
    connection.execute(text(_ONE_AFTER_ANOTHER))
    for table, placement in tables.items():
        if not is_placed(connection, table):
            connection.execute(text(_BY_BOOK if placement == "by book" else _ON_EVERY_SERVER), {"table": table})
