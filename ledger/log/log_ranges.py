"""Ranges of a book for followers: the hash of every event, and the events that the follower uses in full."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from psycopg2 import extensions

from ledger.log.rows import Recorded

LEAF_BYTES = 32
_WITHIN = "FROM log.events WHERE book = %(book)s AND position > %(after)s AND position <= %(upto)s"
_LEAVES = f"SELECT count(*), max(position), string_agg(leaf, ''::bytea ORDER BY position) {_WITHIN}"
_SELECTED = {name: name for name in Recorded._fields} | {"event_id": "event_id::text"}
_COLUMNS = ", ".join(_SELECTED.values())
_ALL = f"SELECT {_COLUMNS} {_WITHIN} ORDER BY position"
_OF_TYPES = f"SELECT {_COLUMNS} {_WITHIN} AND type = ANY(%(types)s) ORDER BY position"
_ENTRIES = "SELECT {} {} AND entry IS NOT NULL ORDER BY position".format(
    ", ".join((_SELECTED | {"payload": "''"}).values()), _WITHIN
)


class LogHasGap(Exception):
    """The next position is missing in the log."""


@dataclass(frozen=True, slots=True)
class LogRange:
    """The events after `after` up to `last`. `leaves` joins the 32-byte hashes of all; `events` are the wanted ones."""

    after: int
    last: int
    leaves: bytes
    events: list[Recorded]


def read_log_range(
    cursor: extensions.cursor,
    *,
    book: int,
    after: int,
    upto: int,
    types: Collection[str] | None = None,
    entries_only: bool = False,
) -> LogRange:
    """Returns the range of the book after `after`, up to `upto` or the book's end. Raises `LogHasGap`.

    `events` has every event, those of `types`, or (`entries_only`) those with a journal entry, without payloads.
    """
    within = {"book": book, "after": after, "upto": upto}
    if types is None and not entries_only:
        cursor.execute(_ALL, within)
        events = _recorded(cursor)
        count, last = len(events), events[-1].position if events else after
        leaves = b"".join(event.leaf for event in events)
    else:
        cursor.execute(_LEAVES, within)
        count, last, leaves = cursor.fetchone() or (0, None, None)
        last, leaves = last or after, bytes(leaves or b"")
        cursor.execute(_ENTRIES if entries_only else _OF_TYPES, within | {"upto": last, "types": list(types or ())})
        events = _recorded(cursor)
    if count != last - after:
        raise LogHasGap(f"book {book} holds {count} events from position {after + 1} to {last}")
    return LogRange(after, last, leaves, events)


def _recorded(cursor: extensions.cursor) -> list[Recorded]:
    return [Recorded._make((*row[:-1], bytes(row[-1]))) for row in cursor.fetchall()]
