"""The attempts to deliver webhooks, as people ask about them: the status of each, or the reason of its failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from ledger.ids import PLATFORM_BOOK
from ledger.log.engine import cursor_of

_PAGE = (
    "SELECT attempted_at, event_book, event_position, attempt, status, took_ms, error FROM delivery.attempts"
    " WHERE book = %s AND subscription = %s AND (attempted_at, event_book, event_position) < (%s, %s, %s)"
    " ORDER BY attempted_at DESC, event_book DESC, event_position DESC LIMIT %s"
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


def attempts_of(
    engine: Engine, subscription_id: str, *, before: Sequence[Any] | None = None, limit: int
) -> Sequence[LoggedAttempt]:
    """Returns attempts, the newest first, before the key of one."""
    with cursor_of(engine) as cursor:
        cursor.execute(_PAGE, (PLATFORM_BOOK, subscription_id, *(before or _END), limit))
        return [LoggedAttempt(*row) for row in cursor.fetchall()]
