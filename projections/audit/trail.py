"""Queries on the audit trail by order, merchant, actor, type, command and time, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import RowMapping, text

from ledger.fx import CNY
from ledger.money import Money
from projections.audit.audit_trail import TRAIL, AuditTrail
from projections.engine.vector import each_of
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind

PROJECTION = AuditTrail()


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """The filter of a query; None means any. Times compare with `recorded_at`: from `since`, before `until`.

    `types` are names of events, and `places` a book with the first and the last position, such as those of a command.
    """

    order: str | None = None
    merchant: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    types: Sequence[str] | None = None
    places: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class TrailRow:
    """An event with its actor, time, source and reason. `moved` is the sum of the debits of its journal entry.

    `late` is true if the event's own accounting day was closed when it was recorded. `leaf` is the hash (hex) from
    which a proof of inclusion starts. `unreadable` is the stored payload if this code cannot read it as JSON, else ''.
    """

    book: int
    position: int
    recorded_at: datetime
    occurred_at: datetime
    accounting_date: date
    late: bool
    actor_kind: str
    actor_id: str
    role: str
    source_system: str
    source_ref: str
    event: str
    schema_version: int
    stream: str
    stream_version: int
    order_id: str
    merchant: str
    summary: str
    moved: Money
    effect: str
    policy_versions: str
    causation_id: str
    correlation_id: str
    command_id: str
    event_id: str
    leaf: str
    unreadable: str


_CONDITIONS = {
    "order": "t.order_id = :order",
    "merchant": "t.merchant = :merchant",
    "actor": "t.actor_id = :actor",
    "since": "t.recorded_at >= :since",
    "until": "t.recorded_at < :until",
    "types": "t.event = ANY(:types)",
    "places": "t.book = :book AND t.position BETWEEN :first AND :last",
}
_ORDER = ("recorded_at", "book", "position")


def trail(
    views: Views,
    asked: TrailFilter,
    *,
    limit: int = 100,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[TrailRow]:
    """Returns the rows after the key `after` (recorded_at, book, position), in the order of recording.

    Raises `ViewBehind`.
    """
    values = {name: value for name in _CONDITIONS if (value := getattr(asked, name)) is not None}
    place = dict(zip(("book", "first", "last"), values.pop("places", ()), strict=False))
    rest, key = behind(tuple(f"t.{name}" for name in _ORDER), after)
    conditions = " AND ".join([*(_CONDITIONS[name] for name in (*values, *(["places"] if place else []))), rest])

    def query(opened: Opened) -> list[TrailRow]:
        # Every index starts with the book: read each book by its index, then merge the first rows of each.
        statement = f"""
            SELECT p.* FROM {each_of()} AS b CROSS JOIN LATERAL (
                SELECT t.* FROM {opened.generation.stored_name(TRAIL)} t
                WHERE t.book = b.book AND t.book = ANY(:books) AND {conditions}
                ORDER BY t.recorded_at, t.position LIMIT :limit
            ) p ORDER BY p.recorded_at, p.book, p.position LIMIT :limit"""
        given = values | key | place | {"books": list(opened.vector), "limit": limit}
        return [_row(row) for row in opened.connection.execute(text(statement), given).mappings()]

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def _row(row: RowMapping) -> TrailRow:
    return TrailRow(**{name: row[name] for name in _COLUMNS}, moved=Money(row["moved"], CNY))


_COLUMNS = tuple(each.name for each in fields(TrailRow) if each.name != "moved")


def place_of(views: Views, event_id: str) -> tuple[int, int] | None:
    """Returns the book and position of the event with this id, or None. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[int, int] | None:
        statement = f"SELECT book, position FROM {opened.generation.stored_name(TRAIL)} WHERE event_id = :id LIMIT 1"
        found = opened.connection.execute(text(statement), {"id": event_id}).one_or_none()
        return (found[0], found[1]) if found else None

    return views.read(PROJECTION, query)
