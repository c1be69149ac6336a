"""Two generations of a view compared row by row, at one vector of positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Text, text

from projections.engine.batch import Key
from projections.engine.checkpoints import Checkpoint, checkpoints
from projections.engine.generations import Generation
from projections.engine.tables import SCHEMA, ViewTable

_SHOWN = 20  # differences kept in full; all are counted
_FETCH = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same: its texts, None on the side where there is none."""

    table: str
    book: int
    key: Key
    live: str | None
    rebuilt: str | None

    def __str__(self) -> str:
        return f"{self.table} book {self.book} {self.key}: live {self.live}, rebuilt {self.rebuilt}"


@dataclass(slots=True)
class Comparison:
    """What a comparison has found. `differences` holds the first of them, `count` counts them all."""

    vector: dict[int, int]
    rows: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        self.count += 1
        if self.count <= _SHOWN:
            self.differences.append(difference)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two generations, and a snapshot to read it in."""

    connection: Connection
    generation: Generation

    def columns(self, table: ViewTable) -> set[str]:
        found = self.connection.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_schema = :schema AND table_name = :t"),
            {"schema": SCHEMA, "t": table.stored_name(self.generation.version, self.generation.number)},
        )
        return {row[0] for row in found}


def compare(live: Side, rebuilt: Side) -> Comparison:
    """Compare all rows of two generations that stand at the same vector. Where shapes differ, what both have."""
    stands = checkpoints(live.connection, live.generation)
    result = Comparison({book: checkpoint.position for book, checkpoint in stands.items()})
    again = checkpoints(rebuilt.connection, rebuilt.generation)
    for book, checkpoint in stands.items():
        ours, theirs = _shown(checkpoint), _shown(again.get(book))
        if ours != theirs and checkpoint.position:
            result.add(Difference("checkpoints", book, (), ours, theirs))
        for table in rebuilt.generation.projection.tables:
            _compare_table(live, rebuilt, table, book, result)
    return result


def _shown(checkpoint: Checkpoint | None) -> str:
    if checkpoint is None:
        return "none"
    return f"({checkpoint.position}, {checkpoint.digest.hex()}, parked {sorted(checkpoint.parked)})"


def _compare_table(live: Side, rebuilt: Side, table: ViewTable, book: int, result: Comparison) -> None:
    both = live.columns(table) & rebuilt.columns(table)
    shared = [name for name in table.columns if name in both]
    if not {"book", *table.key} <= both:
        return  # a table, or a key, that only one of the two versions has
    count, fingerprint = _fingerprint(live, table, shared, book)
    result.rows += count
    if (count, fingerprint) != _fingerprint(rebuilt, table, shared, book):
        for difference in _differences(live, rebuilt, table, shared, book):
            result.add(difference)


def _fingerprint(side: Side, table: ViewTable, columns: Sequence[str], book: int) -> tuple[int, Any]:
    """How many rows, and the sum of a hash of each: equal where every row is."""
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
) -> Iterator[Difference]:
    """Both sides in the order of the key, side by side; memory stays flat."""
    lefts, rights = _rows(live, table, columns, book), _rows(rebuilt, table, columns, book)
    left, right = next(lefts, None), next(rights, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield Difference(table.name, book, left[0], left[1], None)
            left = next(lefts, None)
        elif left is None or right[0] < left[0]:
            yield Difference(table.name, book, right[0], None, right[1])
            right = next(rights, None)
        else:
            if left[1] != right[1]:
                yield Difference(table.name, book, left[0], left[1], right[1])
            left, right = next(lefts, None), next(rights, None)


def _rows(side: Side, table: ViewTable, columns: Sequence[str], book: int) -> Iterator[tuple[Key, str]]:
    shape = table.shape.c
    key = ", ".join(f'"{name}"' for name in table.key)
    # Texts in the order of their bytes, as Python compares them.
    in_order = ((name, ' COLLATE "C"' if isinstance(shape[name].type, Text) else "") for name in table.key)
    order = ", ".join(f'"{name}"{collation}' for name, collation in in_order)
    side.connection.execute(
        text(
            f"DECLARE side_rows CURSOR FOR SELECT {_row(columns)}, {key}"
            f" FROM {side.generation.stored_name(table)} WHERE book = :book ORDER BY {order}"
        ),
        {"book": book},
    )
    while found := side.connection.exec_driver_sql(f"FETCH {_FETCH} FROM side_rows").all():
        for row in found:
            yield tuple(row[1:]), row[0]
    side.connection.exec_driver_sql("CLOSE side_rows")


def _row(columns: Sequence[str]) -> str:
    return "ROW({})::text".format(", ".join(f'"{name}"' for name in columns))
