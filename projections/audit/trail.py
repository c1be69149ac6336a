"""Queries on the audit trail by order, merchant, actor and time, in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, text

from projections.audit.audit_trail import TRAIL, AuditTrail
from projections.engine.views import Opened, Vector, Views

PROJECTION = AuditTrail()


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """The filter of a query; None means any. Times compare with `recorded_at`: from `since`, before `until`."""

    order: str | None = None
    merchant: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Rows in the order of recording. `next` is the cursor of the next page, or None at the end."""

    rows: tuple[RowMapping, ...]
    next: TrailCursor | None
    vector: dict[int, int]


@dataclass(frozen=True, slots=True)
class TrailCursor:
    """The place of the last row of a page."""

    recorded_at: datetime
    book: int
    position: int


_CONDITIONS = {
    "order": "t.order_id = :order",
    "merchant": "t.merchant = :merchant",
    "actor": "t.actor_id = :actor",
    "since": "t.recorded_at >= :since",
    "until": "t.recorded_at < :until",
}
_AFTER = "(t.recorded_at, t.book, t.position) > (:after_recorded_at, :after_book, :after_position)"


def trail(
    views: Views,
    asked: TrailFilter,
    *,
    after: TrailCursor | None = None,
    limit: int = 100,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> TrailPage:
    """Returns one page of the audit trail. Raises `ViewBehind`."""
    values = {name: value for name in _CONDITIONS if (value := getattr(asked, name)) is not None}
    conditions = [_CONDITIONS[name] for name in values]
    if after is not None:
        conditions.append(_AFTER)
        values |= {f"after_{name}": getattr(after, name) for name in ("recorded_at", "book", "position")}

    def query(opened: Opened) -> TrailPage:
        # Every index starts with the book: read each book by its index, then merge the first rows of each.
        statement = f"""
            SELECT p.* FROM unnest(CAST(:books AS integer[])) AS b(book) CROSS JOIN LATERAL (
                SELECT t.* FROM {opened.generation.stored_name(TRAIL)} t
                WHERE {" AND ".join(["t.book = b.book", *conditions])}
                ORDER BY t.recorded_at, t.position LIMIT :limit
            ) p ORDER BY p.recorded_at, p.book, p.position LIMIT :limit"""
        found = opened.connection.execute(text(statement), values | {"books": list(opened.vector), "limit": limit})
        rows = tuple(found.mappings())
        last = TrailCursor(*(rows[-1][name] for name in ("recorded_at", "book", "position"))) if rows else None
        return TrailPage(rows, last if len(rows) == limit else None, opened.vector)

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def place_of(views: Views, event_id: str) -> tuple[int, int] | None:
    """Returns the book and position of the event with this id, or None. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[int, int] | None:
        statement = f"SELECT book, position FROM {opened.generation.stored_name(TRAIL)} WHERE event_id = :id LIMIT 1"
        found = opened.connection.execute(text(statement), {"id": event_id}).one_or_none()
        return (found[0], found[1]) if found else None

    return views.read(PROJECTION, query)
