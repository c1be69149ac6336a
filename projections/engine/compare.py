"""Comparison of two generations of a view, row by row, at the same positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Text, text

from ledger.log.verification.finding import Finding, missing, unexpected
from projections.engine.batch import Key
from projections.engine.checkpoints import Checkpoint, checkpoints
from projections.engine.generations import Generation
from projections.engine.tables import SCHEMA, ViewTable

_SHOWN = 20  # the first differences are kept; all of them are counted
_FETCH = 2000
CHECKPOINTS = f"{SCHEMA}.checkpoints"


@dataclass(slots=True)
class Comparison:
    """The result of a comparison: `count` rows differ, and `differences` shows the first of them by column."""

    vector: dict[int, int]
    rows: int = 0
    count: int = 0
    differences: list[Finding] = field(default_factory=list)

    def add(self, of_one_row: Sequence[Finding]) -> None:
        self.count += bool(of_one_row)
        if self.count <= _SHOWN:
            self.differences += of_one_row


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two generations, and the snapshot to read it in."""

    connection: Connection
    generation: Generation

    def columns(self, table: ViewTable) -> set[str]:
        found = self.connection.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_schema = :schema AND table_name = :t"),
            {"schema": SCHEMA, "t": table.stored_name(self.generation.version, self.generation.number)},
        )
        return {row[0] for row in found}


def compare(live: Side, rebuilt: Side) -> Comparison:
    """Compares all rows of two generations at the same positions; the rebuilt one holds the expected rows.

    If two versions of a projection have different columns, the shared columns are compared.
    """
    stands = checkpoints(live.connection, live.generation)
    again = checkpoints(rebuilt.connection, rebuilt.generation)
    result = Comparison({book: checkpoint.position for book, checkpoint in stands.items()})
    for book, checkpoint in stands.items():
        result.add(_checkpoint_findings(live.generation.name, again.get(book, Checkpoint(book)), checkpoint))
    for table in rebuilt.generation.projection.tables:
        _compare_table(live, rebuilt, table, stands, result)
    return result


def _checkpoint_findings(name: str, expected: Checkpoint, found: Checkpoint) -> list[Finding]:
    columns = ("position", "count", "digest", "parked")
    texts = [(str(at.position), str(at.count), at.digest.hex(), str(sorted(at.parked))) for at in (expected, found)]
    return differing_columns(CHECKPOINTS, f"{name}, book {found.book}", columns, *texts)


def differing_columns(
    table: str, key: str, columns: Sequence[str], expected: Sequence[str | None], found: Sequence[str | None]
) -> list[Finding]:
    """Returns a finding for each column that differs. A null is shown as `null`."""
    both = zip(columns, expected, found, strict=True)
    return [Finding(table, key, column, _shown(a), _shown(b)) for column, a, b in both if a != b]


def _shown(value: str | None) -> str:
    return "null" if value is None else value


def _compare_table(
    live: Side, rebuilt: Side, table: ViewTable, stands: Mapping[int, Checkpoint], result: Comparison
) -> None:
    there, made = live.columns(table), rebuilt.columns(table)
    if live.generation.version == rebuilt.generation.version:
        lost = [missing_column(table, column) for column in sorted(made - there)]
        for finding in lost + [unexpected_column(table, column) for column in sorted(there - made)]:
            result.add([finding])
    shared = [name for name in table.columns if name in there & made]
    if not {"book", *table.key} <= set(shared):
        return  # only one of the two versions has this table or key
    for book in _books_without(live, table, stands):
        key = f"{live.generation.name}, book {book}"
        result.add([missing(CHECKPOINTS, key, f"a checkpoint, since {table.name} has rows of the book")])
    for book in stands:
        count, fingerprint = _fingerprint(live, table, shared, book)
        result.rows += count
        if (count, fingerprint) != _fingerprint(rebuilt, table, shared, book):
            for of_one_row in _differences(live, rebuilt, table, shared, book):
                result.add(of_one_row)


def missing_column(table: ViewTable, column: str) -> Finding:
    return Finding(f"{SCHEMA}.{table.name}", "every row", column, "a column", "none")


def unexpected_column(table: ViewTable, column: str) -> Finding:
    return Finding(f"{SCHEMA}.{table.name}", "every row", column, "no such column", "one")


def _books_without(side: Side, table: ViewTable, stands: Mapping[int, Checkpoint]) -> list[int]:
    """Returns the books with rows in this table but without a checkpoint of the view."""
    found = side.connection.execute(
        text(f"SELECT DISTINCT book FROM {side.generation.stored_name(table)} WHERE book <> ALL(:known) ORDER BY book"),
        {"known": list(stands)},
    )
    return [row[0] for row in found]


def _fingerprint(side: Side, table: ViewTable, columns: Sequence[str], book: int) -> tuple[int, Any]:
    """Returns the number of rows and the sum of their hashes. Both are equal if all rows are."""
    found = side.connection.execute(
        text(
            f"SELECT count(*), sum(hashtextextended({_row(columns)}, 0))"
            f" FROM {side.generation.stored_name(table)} WHERE book = :book"
        ),
        {"book": book},
    ).one()
    return found[0], found[1]


def _differences(
    live: Side, rebuilt: Side, table: ViewTable, columns: Sequence[str], book: int
) -> Iterator[list[Finding]]:
    """Yields the differing rows of both sides, merged in key order, a page of rows in memory at a time."""
    stored = f"{SCHEMA}.{table.name}"
    lefts, rights = _rows(live, table, columns, book), _rows(rebuilt, table, columns, book)
    left, right = next(lefts, None), next(rights, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield [unexpected(stored, _named(table, book, left[0]), _row_text(left[1]))]
            left = next(lefts, None)
        elif left is None or right[0] < left[0]:
            yield [missing(stored, _named(table, book, right[0]), _row_text(right[1]))]
            right = next(rights, None)
        else:
            if of_one_row := differing_columns(stored, _named(table, book, left[0]), columns, right[1], left[1]):
                yield of_one_row
            left, right = next(lefts, None), next(rights, None)


def _named(table: ViewTable, book: int, key: Key) -> str:
    return ", ".join([f"book {book}", *(f"{name} {value}" for name, value in zip(table.key, key, strict=True))])


def _row_text(values: Sequence[str | None]) -> str:
    return f"({', '.join(map(_shown, values))})"


def _rows(
    side: Side, table: ViewTable, columns: Sequence[str], book: int
) -> Iterator[tuple[Key, tuple[str | None, ...]]]:
    shape = table.shape.c
    key = ", ".join(f't."{name}"' for name in table.key)
    texts = ", ".join(f't."{name}"::text' for name in columns)
    # Text sorts byte by byte, as it compares in Python.
    in_order = ((name, ' COLLATE "C"' if isinstance(shape[name].type, Text) else "") for name in table.key)
    order = ", ".join(f't."{name}"{collation}' for name, collation in in_order)
    side.connection.execute(
        text(
            f"DECLARE side_rows CURSOR FOR SELECT {texts}, {key}"
            f" FROM {side.generation.stored_name(table)} AS t WHERE t.book = :book ORDER BY {order}"
        ),
        {"book": book},
    )
    while found := side.connection.exec_driver_sql(f"FETCH {_FETCH} FROM side_rows").all():
        for row in found:
            yield tuple(row[len(columns) :]), tuple(row[: len(columns)])
    side.connection.exec_driver_sql("CLOSE side_rows")


def _row(columns: Sequence[str]) -> str:
    return "ROW({})::text".format(", ".join(f'"{name}"' for name in columns))
