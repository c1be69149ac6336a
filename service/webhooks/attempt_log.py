"""The log of webhook deliveries: every attempt of the last days, with the status or the reason of its failure."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from ledger.ids import PLATFORM_BOOK
from ledger.log.engine import cursor_of
from service.webhooks.post import Attempt

KEPT = timedelta(days=7)
_ADD = "INSERT INTO delivery.attempts VALUES (%s, %s, clock_timestamp(), %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
_PRUNE = "DELETE FROM delivery.attempts WHERE book = %s AND attempted_at < clock_timestamp() - %s"
_HAS = (
    "SELECT EXISTS (SELECT FROM delivery.attempts WHERE book = %s AND subscription = %s AND attempted_at >= %s"
    " AND event_book = %s AND event_position = %s)"
)


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

    def prune(self) -> None:
        """Deletes the attempts that are older than `KEPT`, also those of retired subscriptions."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_PRUNE, (PLATFORM_BOOK, KEPT))
