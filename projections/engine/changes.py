"""The change feed of a view: the rows that changed since a follower's place, each once, as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import RowMapping, text

from projections.engine.projection import Projection
from projections.engine.tables import ViewTable
from projections.engine.views import Incomplete, Opened, Views


@dataclass(frozen=True, slots=True)
class Place:
    """Where a follower stands in a book: it has what changed up to `after`, from a view that had folded the events up
    to `folded` without the `parked`."""

    after: int = 0
    folded: int = 0
    parked: frozenset[int] = frozenset()

    def holds_for(self, parked: frozenset[int]) -> bool:
        """True if the same of these events are parked now: else rows have changed that keep their old positions."""
        return not any(position <= self.folded for position in self.parked ^ parked)


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, in the order of each book. Deleted rows are in it, with `deleted` set.

    `places` is where to go on after them, by book; `version` is the projection's: another one means another shape of
    rows. In the books of `anew` something was parked or unparked since: forget their rows, all of them follow from the
    first. `incomplete` names what the view leaves out by now.
    """

    rows: tuple[RowMapping, ...]
    places: dict[int, Place]
    version: int
    anew: frozenset[int] = frozenset()
    incomplete: tuple[Incomplete, ...] = ()


def changes(
    views: Views,
    projection: Projection,
    table: ViewTable,
    *,
    after: Mapping[int, Place],
    limit_per_book: int = 500,
) -> Changes:
    """What changed behind `after`: compacted, for a row that changed ten times is there once, at its last change.

    A page may be longer than its limit: the rows that one event changed are never parted. Rebuilding a view changes
    neither its rows nor their positions, so a follower goes on where it was.
    """

    def query(opened: Opened) -> Changes:
        rows, places, anew = list[RowMapping](), dict(after), set[int]()
        for book, position in opened.vector.items():
            parked = _parked(opened, book)
            place = places.get(book, Place())
            if not place.holds_for(parked):
                anew.add(book)
                place = Place()
            page = _page(opened, table, book=book, after=place.after, limit=limit_per_book)
            rows += page
            last = page[-1][table.changed_by] if len(page) >= limit_per_book else position
            places[book] = Place(last, position, parked)
        return Changes(tuple(rows), places, opened.generation.version, frozenset(anew), opened.vector.incomplete)

    return views.read(projection, query)


def _parked(opened: Opened, book: int) -> frozenset[int]:
    return frozenset(each.position for each in opened.vector.incomplete if each.book == book and each.why == "parked")


def _page(opened: Opened, table: ViewTable, *, book: int, after: int, limit: int) -> list[RowMapping]:
    statement = (
        f"SELECT * FROM {opened.generation.stored_name(table)} WHERE book = :book AND {table.changed_by} > :after"
        f" ORDER BY {table.changed_by} FETCH FIRST :limit ROWS WITH TIES"
    )
    found = opened.connection.execute(text(statement), {"book": book, "after": after, "limit": limit})
    return list(found.mappings())
