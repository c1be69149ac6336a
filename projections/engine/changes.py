"""The change feed of a view: each row that changed since a follower's place, once, with its current values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import RowMapping, text

from projections.engine.projection import Projection
from projections.engine.tables import ViewTable
from projections.engine.views import Incomplete, Opened, Views


@dataclass(frozen=True, slots=True)
class Place:
    """A follower's place in a book: it has the changes up to `after`.

    The view had then folded the events up to `folded`, without the `parked` ones.
    """

    after: int = 0
    folded: int = 0
    parked: frozenset[int] = frozenset()

    def holds_for(self, parked: frozenset[int]) -> bool:
        """True if the same folded events are parked now. If not, rows have changed without a new position."""
        return not any(position <= self.folded for position in self.parked ^ parked)


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, in the order of each book, with deleted rows (`deleted` is true).

    `places` are the places to continue from, by book. `version` is the projection's; a new version has another shape of
    rows. In the books of `anew`, an event was parked or unparked: drop their rows, because all of them follow again.
    `incomplete` lists the events that the view leaves out now.
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
    """Returns the changes after the given places. A row that changed many times is returned once, with its last change.

    A page may exceed its limit, because the rows changed by one event stay together. A rebuild changes neither rows nor
    positions, so a follower continues at its place.
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
