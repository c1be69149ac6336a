"""Parked effects: the events that a view leaves out because two people parked them, read from the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2 import extensions
from sqlalchemy import Engine, text

from ledger.events.event import decode
from ledger.events.parking import EffectParked, EffectUnparked
from ledger.ids import parking_stream
from ledger.log.log_ranges import LogRange

_READ = """
SELECT position, version, type, schema_version, payload FROM log.events
WHERE book = %s AND stream = %s ORDER BY version
"""
_VERSIONS = """
SELECT book, max(version) FROM log.events
WHERE book = ANY(:books) AND stream = ANY(:streams) GROUP BY book
"""
_ABOUT_EFFECTS = frozenset((EffectParked.name, EffectUnparked.name))
NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Parked:
    """The parked positions of a book, by view. `version` is the version of the parking stream."""

    version: int
    by_view: Mapping[str, frozenset[int]]

    def of(self, view: str) -> frozenset[int]:
        """Returns the positions whose effect on the view is parked."""
        return self.by_view.get(view, NOTHING)


def parked_in(cursor: extensions.cursor, book: int) -> Parked:
    """Reads the parked effects of the book.

    Must be called after the events to fold are read. Then no fold can pass the event that parks without knowing it.
    """
    cursor.execute(_READ, (book, parking_stream(book)))
    version, positions = 0, dict[str, set[int]]()
    for at, version, name, schema_version, payload in cursor.fetchall():  # noqa: B007 - the last version is kept
        if name in _ABOUT_EFFECTS:
            event = decode(name, schema_version, payload)
            if isinstance(event, EffectParked) and event.position < at:  # an effect of a later event cannot be parked
                positions.setdefault(event.view, set()).add(event.position)
            elif isinstance(event, EffectUnparked):
                positions.get(event.view, set()).discard(event.position)
    return Parked(version, {view: frozenset(parked) for view, parked in positions.items()})


def parking_versions(engine: Engine, books: Sequence[int]) -> dict[int, int]:
    """Returns the version of the parking stream of each of these books, without those that have none."""
    streams = [parking_stream(book) for book in books]
    with engine.connect() as connection:
        found = connection.execute(text(_VERSIONS), {"books": list(books), "streams": streams})
        return {book: version for book, version in found}  # noqa: C416 - rows are no pairs to a type checker


def without(log_range: LogRange, parked: frozenset[int]) -> LogRange:
    """Returns the range without the events at the parked positions."""
    if not parked:
        return log_range
    events = [event for event in log_range.events if event.position not in parked]
    return LogRange(log_range.after, log_range.last, log_range.leaves, events)
