"""The log of webhook deliveries: every attempt of the last days, with the status or the reason of its failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from ledger.ids import PLATFORM_BOOK
from ledger.log.engine import cursor_of
from service.webhooks.post import Attempt

KEPT = timedelta(days=7)
_ADD = "INSERT INTO delivery.attempts VALUES (%s, %s, clock_timestamp(), %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
_PRUNE = "DELETE FROM delivery.attempts WHERE book = %s AND subscription = %s AND attempted_at < clock_timestamp() - %s"
_PAGE = (
    "SELECT attempted_at, event_book, event_position, attempt, status, took_ms, error FROM delivery.attempts"
    " WHERE book = %s AND subscription = %s AND (attempted_at, event_book, event_position) < (%s, %s, %s)"
    " ORDER BY attempted_at DESC, event_book DESC, event_position DESC LIMIT %s"
)
_HAS = (
    "SELECT EXISTS (SELECT FROM delivery.attempts WHERE book = %s AND subscription = %s AND attempted_at >= %s"
    " AND event_book = %s AND event_position = %s)"
)
_END = (datetime.max.replace(tzinfo=UTC), 0, 0)


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """One attempt: the event by book and position, the number of the attempt (0 for a test), and its result."""

    attempted_at: datetime
    book: int
    position: int
    attempt: int
    status: int | None
    took_ms: int
    error: str


class AttemptLog:
    """The attempts of all subscriptions. Their rows stand in book 0, as the subscriptions do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, subscription_id: str, book: int, position: int, *, number: int, attempt: Attempt) -> None:
        """Adds an attempt."""
        result = (number, attempt.status, round(attempt.took_s * 1000), attempt.error)
        with cursor_of(self._engine) as cursor:
            cursor.execute(_ADD, (PLATFORM_BOOK, subscription_id, book, position, *result))

    def has(self, subscription_id: str, book: int, position: int, *, since: datetime) -> bool:
        """True if the event was sent since that time."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_HAS, (PLATFORM_BOOK, subscription_id, since, book, position))
            ((found,),) = cursor.fetchall()
            return bool(found)

    def page(self, subscription_id: str, *, before: Sequence[Any] | None = None, limit: int) -> Sequence[LoggedAttempt]:
        """Returns attempts, the newest first, before the key of one."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_PAGE, (PLATFORM_BOOK, subscription_id, *(before or _END), limit))
            return [LoggedAttempt(*row) for row in cursor.fetchall()]

    def prune(self, subscription_id: str) -> None:
        """Deletes the attempts that are older than `KEPT`."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_PRUNE, (PLATFORM_BOOK, subscription_id, KEPT))
