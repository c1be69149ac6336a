"""The tables of deliveries: places and unsettled events by subscription and book, and the members of groups.

A book's row is locked before its events are read, so that one caller at a time changes the deliveries of a book. The
clock is the database's, read after the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg2 import extensions
from sqlalchemy import Engine

from ledger.events.subscriptions import DeliverySettings
from ledger.ids import PLATFORM_BOOK
from ledger.log.engine import cursor_of
from projections.engine.connections import transaction
from service.subscriptions.book_delivery import BookDelivery, Unsettled

_SEEN = (
    "INSERT INTO delivery.members (book, subscription, member, seen_at) VALUES (%s, %s, %s, clock_timestamp())"
    " ON CONFLICT (book, subscription, member) DO UPDATE SET seen_at = excluded.seen_at"
)
_MEMBERS = (
    "SELECT member, seen_at > clock_timestamp() - make_interval(secs => %s) FROM delivery.members"
    " WHERE book = %s AND subscription = %s ORDER BY member"
)
# Two members may forget each other at the same time, so nobody waits for a row.
_FORGET = (
    "DELETE FROM delivery.members WHERE (book, subscription, member) IN (SELECT book, subscription, member"
    " FROM delivery.members WHERE book = %s AND subscription = %s"
    " AND seen_at <= clock_timestamp() - make_interval(secs => %s) FOR UPDATE SKIP LOCKED)"
)
_LEAVE = "DELETE FROM delivery.members WHERE book = %s AND subscription = %s AND member = %s"
_ADD = (
    "INSERT INTO delivery.books (book, subscription, epoch, decided, position, lease, member)"
    " SELECT book, %s, %s, 0, position, 0, '' FROM unnest(%s::integer[], %s::bigint[]) AS b (book, position)"
    " ON CONFLICT (book, subscription) DO NOTHING"
)
_BOOKS = (
    "SELECT b.book, b.member, b.epoch, b.position, b.decided, count(e.position) FILTER (WHERE e.lease > 0),"
    " count(e.position) FILTER (WHERE e.lease = 0 AND NOT e.parked)"
    " FROM delivery.books b LEFT JOIN delivery.events e ON e.book = b.book AND e.subscription = b.subscription"
    " WHERE b.subscription = %s GROUP BY b.book, b.subscription ORDER BY b.book"
)
_BOOK = (
    "SELECT epoch, decided, position, lease, member FROM delivery.books WHERE book = %s AND subscription = %s"
    " FOR UPDATE"
)
_EVENTS = (
    "SELECT position, stream, due_at, attempts, lease, parked, reason FROM delivery.events"
    " WHERE book = %s AND subscription = %s"
)
_SAVE = (
    "UPDATE delivery.books SET epoch = %s, decided = %s, position = %s, lease = %s, member = %s"
    " WHERE book = %s AND subscription = %s"
)
_PUT = (
    "INSERT INTO delivery.events (book, subscription, position, stream, due_at, attempts, lease, parked, reason)"
    " SELECT %s, %s, e.* FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::integer[], %s::bigint[],"
    " %s::boolean[], %s::text[]) AS e ON CONFLICT (book, subscription, position) DO UPDATE SET"
    " due_at = excluded.due_at, attempts = excluded.attempts, lease = excluded.lease, parked = excluded.parked,"
    " reason = excluded.reason"
)
_SETTLE = "DELETE FROM delivery.events WHERE book = %s AND subscription = %s AND position = ANY(%s)"


class BookRow(NamedTuple):
    """A book of a subscription as everybody may see it: its owner, how far it was read, and its unsettled events."""

    book: int
    member: str
    epoch: int
    position: int
    decided: int
    in_flight: int
    waiting: int


class DeliveryRows:
    """The rows of one subscription."""

    def __init__(self, engine: Engine, subscription_id: str, settings: DeliverySettings) -> None:
        self._engine, self._id, self.settings = engine, subscription_id, settings

    def greet(self, member: str) -> Sequence[str]:
        """Records that the member is there, and returns the members that were there within the time to settle."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_SEEN, (PLATFORM_BOOK, self._id, member))
            found = self._members(cursor)
            if not all(found.values()):
                cursor.execute(_FORGET, (PLATFORM_BOOK, self._id, self.settings.ack_within_s))
            return [name for name, is_live in found.items() if is_live]

    def leave(self, member: str) -> None:
        """Forgets the member, so that the others have its books at once."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_LEAVE, (PLATFORM_BOOK, self._id, member))

    def members(self) -> Sequence[str]:
        """Returns the members that were there within the time to settle."""
        with cursor_of(self._engine) as cursor:
            return [name for name, is_live in self._members(cursor).items() if is_live]

    def _members(self, cursor: extensions.cursor) -> dict[str, bool]:
        cursor.execute(_MEMBERS, (self.settings.ack_within_s, PLATFORM_BOOK, self._id))
        return dict(cursor.fetchall())

    def books(self) -> dict[int, BookRow]:
        """Returns the subscription's books."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_BOOKS, (self._id,))
            return {row[0]: BookRow(*row) for row in cursor.fetchall()}

    def begin(self, places: Mapping[int, int], epoch: int) -> None:
        """Adds books with the places where their deliveries begin. A book that is there stays as it is."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_ADD, (self._id, epoch, list(places), list(places.values())))

    def forget(self) -> None:
        """Removes all rows of the subscription, because it is retired."""
        with transaction(self._engine) as cursor:
            for table in ("books", "events", "members"):
                cursor.execute(f"DELETE FROM delivery.{table} WHERE subscription = %s", (self._id,))

    @contextmanager
    def locked(self, *books: int) -> Iterator[dict[int, tuple[BookDelivery, datetime]]]:
        """Yields the deliveries of these books with the time, and writes what was changed when the block ends. A book
        that the subscription does not have is left out."""
        with transaction(self._engine, durable=True) as cursor:
            found = {book: state for book in sorted(books) if (state := self._load(cursor, book))}
            before = {book: dict(state.events) for book, state in found.items()}
            cursor.execute("SELECT clock_timestamp()")
            ((now,),) = cursor.fetchall()
            yield {book: (state, now) for book, state in found.items()}
            for book, state in found.items():
                self._save(cursor, state, before[book])

    def _load(self, cursor: extensions.cursor, book: int) -> BookDelivery | None:
        cursor.execute(_BOOK, (book, self._id))
        for epoch, decided, position, lease, member in cursor.fetchall():
            cursor.execute(_EVENTS, (book, self._id))
            events = {row[0]: Unsettled(*row) for row in cursor.fetchall()}
            return BookDelivery(book, epoch, position, self.settings, decided, lease, member, events)
        return None

    def _save(self, cursor: extensions.cursor, state: BookDelivery, before: Mapping[int, Unsettled]) -> None:
        key = (state.book, self._id)
        cursor.execute(_SAVE, (state.epoch, state.decided, state.position, state.lease, state.member, *key))
        if settled := before.keys() - state.events.keys():
            cursor.execute(_SETTLE, (*key, sorted(settled)))
        if changed := [each for at, each in state.events.items() if before.get(at) != each]:
            cursor.execute(_PUT, (*key, *_columns(changed)))


def _columns(events: Iterable[Unsettled]) -> list[list[Any]]:
    rows = [
        (each.position, each.stream, each.due_at, each.attempts, each.lease, each.parked, each.reason)
        for each in events
    ]
    return [list(column) for column in zip(*rows, strict=True)]
