"""The events of a ledger, and the facts in them that two recordings of the same steps have in common."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.log.rows import Recorded
from service.app import App

_OF_EVENT_IDS = ("lines_hash",)  # of a statement, each of whose lines names its event


def events_of(app: App) -> Iterator[Recorded]:
    """Yields every event, book by book."""
    reader = app.ledger.reader
    for book, head in reader.heads().items():
        yield from reader.read(book, 0, head) if head else ()


def facts_of(row: Recorded) -> tuple[object, ...]:
    """Returns all of an event that does not rest on a key, or on the ids that events get when they are recorded."""
    event = row.event
    data = event.model_dump(mode="json", exclude={*event.sealed_fields, *_OF_EVENT_IDS})
    times = row.occurred_at, row.recorded_at, row.accounting_date
    return row.book, row.position, row.stream, row.version, row.type, *times, data
