"""The `eventsourcing` library's recorder contract, implemented over one book of the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    NotSupportedError,
    StoredEvent,
    Subscription,
)

from ledger.canonical import digest
from ledger.events.event import EVENTS, decode
from ledger.journal.posting import post
from ledger.ledger import Ledger
from ledger.library.mapper import name_and_version, topic_of
from ledger.library.subscription import BookSubscription
from ledger.log.engine import cursor_of
from ledger.log.rows import Attempt, Expectation, NewEvent, Status

_COLUMNS = "stream, version, type, schema_version, payload"
_ACTOR = '{"id":"eventsourcing","kind":"system","role":""}'


class BookAggregateRecorder(AggregateRecorder):
    """The streams of one book as the library's aggregates.

    The first event of a stream has version 1; `first_version=0` is for applications that count from 0. Events that move
    money are refused: only the command bus makes their entries and guards.
    """

    def __init__(
        self, ledger: Ledger, book: int, *, clock: Callable[[], datetime], legal_entity: str, first_version: int = 1
    ) -> None:
        self.ledger, self.book = ledger, book
        self._clock, self._legal_entity, self._shift = clock, legal_entity, first_version - 1

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Records all events or none. Raises the library's `IntegrityError` if a version is taken or skipped."""
        self._insert(stored_events)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Returns the events of one stream with `gt` < version ≤ `lte`."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM log.events WHERE book = %s AND stream = %s"
            " AND (%s IS NULL OR version > %s) AND (%s IS NULL OR version <= %s)"
            f" ORDER BY version {'DESC' if desc else ''} LIMIT %s",
            (self.book, str(originator_id), *2 * (self._stored(gt),), *2 * (self._stored(lte),), limit),
        )
        return [StoredEvent(**self._fields(row)) for row in rows]

    def _insert(self, stored_events: Sequence[StoredEvent]) -> range:
        if not stored_events:
            return range(0)
        key = f"system:eventsourcing/{uuid4()}/-"
        attempt = Attempt(
            command_id=key,
            fingerprint=digest(key),
            events=[self._new_event(stored) for stored in stored_events],
            expects=self._expectations(stored_events),
        )
        (receipt,) = self.ledger.append(self.book, [attempt])
        if receipt.error:
            raise receipt.error
        if receipt.status is not Status.RECORDED:
            raise IntegrityError(f"the log answered: {receipt.status}")
        return range(receipt.first, receipt.last + 1)

    def _expectations(self, stored_events: Sequence[StoredEvent]) -> list[Expectation]:
        expected: dict[str, int] = {}
        next_version: dict[str, int] = {}
        for stored in stored_events:
            stream, version = str(stored.originator_id), stored.originator_version - self._shift
            if version != next_version.setdefault(stream, version):
                raise IntegrityError(f"{stream}: version {stored.originator_version} does not follow the one before it")
            expected.setdefault(stream, version - 1)
            next_version[stream] = version + 1
        return [Expectation(stream, version) for stream, version in expected.items()]

    def _new_event(self, stored: StoredEvent) -> NewEvent:
        name, version = name_and_version(stored.topic)
        if (name, version) in EVENTS and post(decode(name, version, stored.state)):
            raise NotSupportedError(f"{name} moves money: submit the command that records it")
        now = self._clock()
        return NewEvent(
            stream=str(stored.originator_id),
            type=name,
            schema_version=version,
            event_id=str(uuid4()),
            occurred_at=now,
            accounting_date=now.astimezone(ZoneInfo(self.ledger.identity.zone)).date(),
            actor=_ACTOR,
            source="{}",
            correlation_id="",
            causation_id="",
            legal_entity=self._legal_entity,
            policy_versions="{}",
            payload=stored.state.decode(),
            entry=None,
        )

    def _fields(self, row: Sequence[Any]) -> dict[str, Any]:
        stream, version, name, schema_version, payload = row
        return {
            "originator_id": stream,
            "originator_version": version + self._shift,
            "topic": topic_of(name, schema_version),
            "state": payload.encode(),
        }

    def _stored(self, version: int | None) -> int | None:
        return None if version is None else version - self._shift

    def _rows(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        with cursor_of(self.ledger.engine) as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()


class BookRecorder(BookAggregateRecorder, ApplicationRecorder):
    """One book as the library's application sequence. A notification's id is the event's position."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        return list(self._insert(stored_events))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Returns at most `limit` events from `start` to `stop`, of these topics if any are given."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        wanted, parameters = "", list[Any]((self.book, first, stop, stop))
        if topics:
            names, versions = zip(*map(name_and_version, topics), strict=True)
            wanted = " AND (type, schema_version) IN (SELECT * FROM unnest(%s, %s))"
            parameters += [list(names), list(versions)]
        rows = self._rows(
            f"SELECT position, {_COLUMNS} FROM log.events WHERE book = %s AND position >= %s"
            f" AND (%s IS NULL OR position <= %s){wanted} ORDER BY position LIMIT %s",
            [*parameters, limit],
        )
        return [Notification(id=position, **self._fields(row)) for position, *row in rows]

    def max_notification_id(self) -> int | None:
        return self.ledger.reader.heads()[self.book] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return BookSubscription(self, gt=gt, topics=topics)
