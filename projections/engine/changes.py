"""The change feed of a view: the rows that changed after a vector of positions, each once, as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import RowMapping, text

from projections.engine.reading import Opened, Vector, Views
from projections.engine.tables import ViewTable
from projections.projection import Projection


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, in the order of each book. Deleted rows are in it, with `deleted` set.

    `vector` is where to go on after them; `version` is the projection's: another one means another shape of rows.
    """

    rows: tuple[RowMapping, ...]
    vector: dict[int, int]
    version: int


def changes(
    views: Views, projection: Projection, table: ViewTable, *, after: Vector, limit_per_book: int = 500
) -> Changes:
    """What changed behind `after`: compacted, for a row that changed ten times is there once, at its last change.

    A page may be longer than its limit: the rows that one event changed are never parted. Rebuilding a view changes
    neither its rows nor their positions, so a follower goes on where it was.
    """

    def query(opened: Opened) -> Changes:
        rows: list[RowMapping] = []
        vector = dict(after)
        for book, position in opened.vector.items():
            page = _page(opened, table, book=book, after=after.get(book, 0), limit=limit_per_book)
            rows += page
            vector[book] = page[-1][table.changed_by] if len(page) >= limit_per_book else position
        return Changes(tuple(rows), vector, opened.generation.version)

    return views.read(projection, query)


def _page(opened: Opened, table: ViewTable, *, book: int, after: int, limit: int) -> list[RowMapping]:
    statement = (
        f"SELECT * FROM {opened.generation.stored_name(table)} WHERE book = :book AND {table.changed_by} > :after"
        f" ORDER BY {table.changed_by} FETCH FIRST :limit ROWS WITH TIES"
    )
    found = opened.connection.execute(text(statement), {"book": book, "after": after, "limit": limit})
    return list(found.mappings())
