"""Ranges of a book for followers: the hash of every event, and the events that the follower uses in full."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from psycopg2 import extensions

from ledger.log.rows import Recorded
from ledger.log.sequence import OutOfSequence, check_count, check_part, check_whole

LEAF_BYTES = 32
_WITHIN = "FROM log.events WHERE book = %(book)s AND position > %(after)s AND position <= %(upto)s"
_LEAVES = f"SELECT count(*), max(position), string_agg(leaf, ''::bytea ORDER BY position), {{}} {_WITHIN}"
_LEAVES_ONLY = _LEAVES.format("0")
_LEAVES_AND_TYPES = _LEAVES.format("count(*) FILTER (WHERE type = ANY(%(types)s))")
_LEAVES_AND_ENTRIES = _LEAVES.format("count(entry)")
_SELECTED = {name: name for name in Recorded._fields} | {"event_id": "event_id::text"}
_COLUMNS = ", ".join(_SELECTED.values())
_ALL = f"SELECT {_COLUMNS} {_WITHIN} ORDER BY position"
_OF_TYPES = f"SELECT {_COLUMNS} {_WITHIN} AND type = ANY(%(types)s) ORDER BY position"
_ENTRIES = "SELECT {} {} AND entry IS NOT NULL ORDER BY position".format(
    ", ".join((_SELECTED | {"payload": "''"}).values()), _WITHIN
)


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
    """Returns the range of the book after `after`, up to `upto` or the book's end. Raises `OutOfSequence`.

    `events` has every event, those of `types`, or (`entries_only`) those with a journal entry, without payloads. Each
    of them is at its place: it has the hash that is there in `leaves`.
    """
    within = {"book": book, "after": after, "upto": upto, "types": list(types or ())}
    if types is None and not entries_only:
        cursor.execute(_ALL, within)
        events = _recorded(cursor)
        last = events[-1].position if events else after
        check_whole(book, after, last, events)
        return LogRange(after, last, b"".join(event.leaf for event in events), events)
    cursor.execute(_LEAVES_AND_ENTRIES if entries_only else _LEAVES_AND_TYPES, within)
    leaves, wanted = _leaves(cursor, book, after)
    cursor.execute(_ENTRIES if entries_only else _OF_TYPES, within | {"upto": leaves.last})
    found = LogRange(after, leaves.last, leaves.leaves, _recorded(cursor))
    _check_places(book, found, wanted)
    return found


def read_leaves(cursor: extensions.cursor, *, book: int, after: int, upto: int) -> LogRange:
    """Returns the range without its events. Raises `OutOfSequence`."""
    cursor.execute(_LEAVES_ONLY, {"book": book, "after": after, "upto": upto})
    return _leaves(cursor, book, after)[0]


def _leaves(cursor: extensions.cursor, book: int, after: int) -> tuple[LogRange, int]:
    """Returns the range without its events, and the number of wanted ones."""
    count, last, leaves, wanted = cursor.fetchone() or (0, None, None, 0)
    last = last or after
    check_count(book, last, after + count)
    return LogRange(after, last, bytes(leaves or b""), []), wanted


def _check_places(book: int, found: LogRange, wanted: int) -> None:
    """Raises `OutOfSequence` unless the events are all the wanted ones, each at its place."""
    check_part(book, found.after, found.last, found.events)
    if len(found.events) != wanted:
        words = f"{len(found.events)} of {wanted} events came from position {found.after + 1} to {found.last}"
        raise OutOfSequence(f"{words} of book {book}", skipped=wanted - len(found.events))
    for event in found.events:
        at = (event.position - found.after - 1) * LEAF_BYTES
        if found.leaves[at : at + LEAF_BYTES] != event.leaf:
            words = f"position {event.position} of book {book} came with another event than its hash says"
            raise OutOfSequence(words, skipped=1, repeated=1)


def _recorded(cursor: extensions.cursor) -> list[Recorded]:
    return [Recorded._make((*row[:-1], bytes(row[-1]))) for row in cursor.fetchall()]
