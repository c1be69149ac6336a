"""The changes of a view: each row that changed after a follower's place, once, with its current values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import RowMapping, text

from projections.engine.projection import Projection
from projections.engine.tables import ViewTable
from projections.engine.views import Incomplete, Opened, Vector, Views


class Change(NamedTuple):
    """A row with the position of its last change. A deleted row is a tombstone: its `deleted` is true."""

    table: ViewTable
    book: int
    position: int
    row: RowMapping


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, in the order of each book; those of one event are in one page.

    `positions` is the place to continue from, by book, and `heads` what the view had folded. `key` is the key of the
    view (`ViewState`). `incomplete` lists the events that the view leaves out.
    """

    changes: Sequence[Change]
    positions: Vector
    heads: Vector
    key: str
    incomplete: tuple[Incomplete, ...] = ()

    @property
    def is_last(self) -> bool:
        """True if there was no more."""
        return not any(head > self.positions.get(book, 0) for book, head in self.heads.items())


@dataclass(frozen=True, slots=True)
class ViewState:
    """The heads of a view, and its key: what a copy of its rows was made of.

    The key has the view's name and version, and a digest of the events that it leaves out because they are parked. With
    another key, rows have changed without a new position, and a copy begins again.
    """

    heads: Vector
    key: str


def view_state(views: Views, projection: Projection) -> ViewState:
    """Returns the state of the live view. Raises `ViewOutdated`."""

    def query(opened: Opened) -> ViewState:
        return ViewState(dict(opened.vector), _key(opened, projection))

    return views.read(projection, query)


def _key(opened: Opened, projection: Projection) -> str:
    parked = [(each.book, each.position) for each in opened.vector.incomplete if each.why == "parked"]
    digest = sha256(repr(parked).encode()).hexdigest()[:12] if parked else ""
    return "!".join(filter(None, (f"{projection.name}@{opened.generation.version}", digest)))


def changes(
    views: Views,
    projection: Projection,
    *,
    after: Vector,
    tables: Iterable[ViewTable] = (),
    books: frozenset[int] = frozenset(),
    merchant: str | None = None,
    limit: int = 500,
) -> Changes:
    """Returns the changes after the given places, of all tables or of some. A row that changed many times is returned
    once, with its last change. A page may exceed `limit` rows, because the rows changed by one event stay together.

    `merchant` is the value of the column of that name, which the tables must have. A rebuild changes neither rows nor
    positions, so a follower continues at its place. Raises `ViewOutdated`.
    """

    def query(opened: Opened) -> Changes:
        heads = {book: at for book, at in opened.vector.items() if not books or book in books}
        grown = [book for book, head in sorted(heads.items()) if head > after.get(book, 0)]
        found, positions = list[Change](), dict(after)
        each = max(1, limit // max(1, len(grown)))
        for book in grown:
            if len(found) >= limit:
                break
            within = _Range(book, after.get(book, 0), heads[book], each, merchant)
            part, positions[book] = _of_book(opened, tables or projection.tables, within)
            found += part
        return Changes(found, positions, heads, _key(opened, projection), opened.vector.incomplete)

    return views.read(projection, query)


class _Range(NamedTuple):
    book: int
    after: int
    upto: int
    limit: int
    merchant: str | None


def _of_book(opened: Opened, tables: Iterable[ViewTable], within: _Range) -> tuple[list[Change], int]:
    """Returns the changes of a range, and the position that they reach: where the first of the tables was cut."""
    found, upto = list[Change](), within.upto
    for table in tables:
        rows = _rows(opened, table, within)
        found += (Change(table, within.book, row[table.changed_by], row) for row in rows)
        if len(rows) >= within.limit:
            upto = min(upto, rows[-1][table.changed_by])
    found.sort(key=lambda change: change.position)
    return [change for change in found if change.position <= upto], upto


def _rows(opened: Opened, table: ViewTable, within: _Range) -> Sequence[RowMapping]:
    changed = table.changed_by
    own = "" if within.merchant is None else " AND merchant = :merchant"
    statement = (
        f"SELECT * FROM {opened.generation.stored_name(table)} WHERE book = :book AND {changed} > :after"
        f" AND {changed} <= :upto{own} ORDER BY {changed} FETCH FIRST :limit ROWS WITH TIES"
    )
    return opened.connection.execute(text(statement), within._asdict()).mappings().all()
