"""Somebody with all rights, who gets round the triggers: changes to any column of any table, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2.extensions
from psycopg2.extras import RealDictCursor
from sqlalchemy.engine import make_url

from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import SYSTEM
from tests.support.sales import BUYER, merchant_ready, paid, released

# A value that the column did not have, by its type. A space leaves JSON what it was and every text another one.
CHANGED = {
    "smallint": "{} + 100",
    "integer": "{} + 100",
    "bigint": "{} + 100",
    "numeric": "{} + 100",
    "bigint[]": "{} || 1::bigint",
    "text": "{} || ' '",
    "character varying": "{} || ' '",
    "bytea": "sha256({})",
    "uuid": "gen_random_uuid()",
    "date": "{} + 1",
    "boolean": "NOT {}",
    "timestamp with time zone": "{} + interval '1 microsecond'",
}
_COLUMNS = """
SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1, a.attnum
"""
# A value where there is none.
INVENTED = {
    "smallint": "7",
    "uuid": "gen_random_uuid()",
    "integer": "7777",
    "bigint": "7777",
    "numeric": "7777",
    "text": "'x'",
    "bytea": "'x'::bytea",
    "date": "'2025-04-01'",
    "boolean": "false",
    "timestamp with time zone": "'2025-04-01Z'",
}
Row = dict[str, Any]


@contextmanager
def lived_ledger(url: str, folder: Path) -> Iterator[Desk]:
    """A ledger with rows in every table of the log: money released, a payout on its way, a case open, refusals, a
    period closed in one book."""
    with open_desk(url, folder) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        merchant_ready(desk, "M-2")
        released(desk, list_minor=20_000)
        desk.expect("initiate_payout", merchant_id="M-1", payout_id="P-1")
        released(desk, "O-2", "M-1")
        about: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-2", "reason": "damaged"}
        desk.expect("request_refund", actor=BUYER, refund_id="R-1", **about)
        paid(desk, "O-3", "M-2")
        book = desk.ledger.directory.book_of("M-1")
        desk.expect("close_book_period", actor=SYSTEM, book=book, period="2025-03")
        for order in ("O-7", "O-8", "O-9"):
            refused = desk.ask("request_refund", actor=BUYER, **(about | {"order_id": order}), refund_id="R-1")
            assert refused.status == "refused"
        yield desk


class Tamperer:
    """A connection as the owner, triggers off. `undo` puts back what was changed."""

    def __init__(self, cursor: psycopg2.extensions.cursor) -> None:
        self._cursor = cursor
        self._kept: set[str] = set()
        self._changed: set[str] = set()
        cursor.execute("SET session_replication_role = replica")

    def columns(self, schema: str) -> dict[str, dict[str, str]]:
        """The type of every column there is, by table."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rows(_COLUMNS, schema):
            table, column, kind = row.values()
            found.setdefault(table, {})[column] = kind
        return found

    def rows(self, statement: str, *parameters: Any) -> list[Row]:
        self._cursor.execute(statement, parameters or None)
        return [dict(row) for row in self._cursor.fetchall()]

    def change(self, table: str, statement: str, *parameters: Any) -> list[Row]:
        """Carry out a statement that changes one table and gives back rows."""
        self._keep(table)
        return self.rows(statement, *parameters)

    def plant(self, table: str, column: str, kind: str, *, first: str) -> tuple[Row, Row]:
        """Another value in the column, in the first row by an order, one that has a value before one that has none:
        the row before and after."""
        self._keep(table)
        (before,) = self.rows(f'SELECT ctid, * FROM {table} ORDER BY "{column}" IS NULL, {first} LIMIT 1')
        value = INVENTED[kind] if before[column] is None else CHANGED[kind].format(f'"{column}"')
        place = before.pop("ctid")
        (after,) = self.rows(f'UPDATE {table} SET "{column}" = {value} WHERE ctid = %s RETURNING *', place)
        assert after[column] != before[column], f"{table}.{column} was not changed"
        return before, after

    def undo(self) -> None:
        for table in self._changed:
            self._cursor.execute(f"DELETE FROM {table}")
            self._cursor.execute(f"INSERT INTO {table} SELECT * FROM pg_temp.{_copy_of(table)}")
        self._changed.clear()

    def _keep(self, table: str) -> None:
        self._changed.add(table)
        if table not in self._kept:
            self._cursor.execute(f"CREATE TEMP TABLE {_copy_of(table)} AS TABLE {table}")
            self._kept.add(table)


@contextmanager
def tamperer(url: str) -> Iterator[Tamperer]:
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(dsn, cursor_factory=RealDictCursor)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield Tamperer(cursor)
    finally:
        connection.close()


def _copy_of(table: str) -> str:
    return "kept_" + table.replace('"', "").replace(".", "_")
