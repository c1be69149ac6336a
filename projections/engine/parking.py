"""Which events a view leaves out of a book: the effects that two people have parked, read from the book itself."""

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
WHERE (book, stream) IN (SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:streams AS text[]))) GROUP BY book
"""
_ABOUT_EFFECTS = frozenset((EffectParked.name, EffectUnparked.name))
NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Parked:
    """What is parked in a book, by view. `version` is that of the stream it was read from."""

    version: int
    by_view: Mapping[str, frozenset[int]]

    def of(self, view: str) -> frozenset[int]:
        """The positions whose effect on the view is parked."""
        return self.by_view.get(view, NOTHING)


def parked_in(cursor: extensions.cursor, book: int) -> Parked:
    """What is parked in the book by now.

    To be read after the events that are folded: then nobody folds past the event that parks before it is known.
    """
    cursor.execute(_READ, (book, parking_stream(book)))
    version, positions = 0, dict[str, set[int]]()
    for at, version, name, schema_version, payload in cursor.fetchall():  # noqa: B007 - the last version is kept
        if name in _ABOUT_EFFECTS:
            event = decode(name, schema_version, payload)
            if isinstance(event, EffectParked) and event.position < at:  # of a later event nothing was known
                positions.setdefault(event.view, set()).add(event.position)
            elif isinstance(event, EffectUnparked):
                positions.get(event.view, set()).discard(event.position)
    return Parked(version, {view: frozenset(parked) for view, parked in positions.items()})


def parking_versions(engine: Engine, books: Sequence[int]) -> dict[int, int]:
    """How long the parking stream of each of these books is; left out where it is empty."""
    streams = [parking_stream(book) for book in books]
    with engine.connect() as connection:
        found = connection.execute(text(_VERSIONS), {"books": list(books), "streams": streams})
        return {book: version for book, version in found}  # noqa: C416 - rows are no pairs to a type checker


def without(log_range: LogRange, parked: frozenset[int]) -> LogRange:
    """The range as a view folds it that leaves these positions out."""
    if not parked:
        return log_range
    events = [event for event in log_range.events if event.position not in parked]
    return LogRange(log_range.after, log_range.last, log_range.leaves, events)
