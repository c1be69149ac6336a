"""Reads and writes the rows of one batch: one query to find them, one statement for each table to write them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from operator import itemgetter
from typing import Any

from psycopg2 import extensions
from psycopg2.extras import execute_values
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import dialect

from ledger.ids import key_form
from ledger.limits import LONGEST_KEY_BYTES
from projections.engine.batch import Batch, Key, Row
from projections.engine.generations import Generation
from projections.engine.tables import ViewTable

_POSTGRESQL = dialect()  # type: ignore[no-untyped-call]


class RowStore:
    """The rows of one generation in one book, in the caller's transaction."""

    def __init__(self, cursor: extensions.cursor, generation: Generation, book: int) -> None:
        self._cursor = cursor
        self._generation = generation
        self._book = book

    def find(self, table: ViewTable, keys: Sequence[Key]) -> Iterable[Row]:
        """Returns the stored rows of these keys, deleted ones included.

        Looks up each whole key: a table that is being filled has no statistics, and a join without them would read all
        rows of the book.
        """
        arrays = ", ".join(f"%s::{_sql_type(table, name)}[]" for name in table.key)
        columns = ", ".join(f'"{name}"' for name in table.columns)
        same = " AND ".join(f't."{name}" = k."{name}"' for name in table.key)
        named = ", ".join(f'"{name}"' for name in table.key)
        self._cursor.execute(
            f"SELECT found.* FROM unnest({arrays}) AS k({named}) CROSS JOIN LATERAL (SELECT {columns}"
            f" FROM {self._generation.stored_name(table)} t WHERE t.book = %s AND {same} LIMIT 1) found",
            (*(list(column) for column in zip(*keys, strict=True)), self._book),
        )
        return [dict(zip(table.columns, row, strict=True)) for row in self._cursor.fetchall()]

    def write(self, batch: Batch) -> None:
        """Writes every row that the fold has changed, once."""
        for table, lines in batch.appended.items():
            self._copy(table, _indexable(table, lines))
        for table, rows in batch.kept.items():
            values = itemgetter(*table.columns)
            self._copy(table, _indexable(table, [values(row) for row in rows.added]))
            self._change(table, _indexable(table, [values(row) for row in rows.changed]))

    def _copy(self, table: ViewTable, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        text = StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)  # also quotes a lone \r
        texts = [f'"{column.name}"' for column in table.shape.columns if isinstance(column.type, Text)]
        # COPY reads an empty field as null, except in text columns, which are never null.
        never_null = f", FORCE_NOT_NULL ({', '.join(texts)})" if texts else ""
        self._cursor.copy_expert(
            f"COPY {self._generation.stored_name(table)} ({_named(table)}) FROM STDIN (FORMAT csv{never_null})",
            StringIO(_without_nul(text.getvalue())),
        )

    def _change(self, table: ViewTable, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        keys = ", ".join(f'"{name}"' for name in ("book", *table.key))
        changes = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in table.columns if name not in table.key)
        execute_values(
            self._cursor,
            f"INSERT INTO {self._generation.stored_name(table)} ({_named(table)}) VALUES %s"
            f" ON CONFLICT ({keys}) DO UPDATE SET {changes}",
            [tuple(_without_nul(value) if isinstance(value, str) else value for value in row) for row in rows],
            page_size=1000,
        )


def _indexable(table: ViewTable, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """Returns the rows; texts too long for an index are replaced by their digest."""
    places = table.indexed_texts
    if not any(len(row[place]) * 4 > LONGEST_KEY_BYTES for row in rows for place in places):
        return rows
    return [tuple(key_form(v) if n in places else v for n, v in enumerate(row)) for row in rows]


def _named(table: ViewTable) -> str:
    return ", ".join(f'"{name}"' for name in table.columns)


def _sql_type(table: ViewTable, name: str) -> str:
    kind = table.shape.c[name].type
    return "text" if isinstance(kind, Text) else kind.compile(dialect=_POSTGRESQL)  # `text` without its collation


def _without_nul(text: str) -> str:
    """Replaces NUL, which PostgreSQL cannot store and a partner's raw text may hold."""
    return text.replace("\0", "\ufffd")
