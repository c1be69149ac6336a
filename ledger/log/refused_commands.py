"""Refused commands, read from the log's outcomes: of a merchant, an order, an actor or a code, in recorded order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

from ledger.log.reader import Reader


@dataclass(frozen=True, slots=True)
class RefusedFilter:
    """The filter of a read; None means any. Times compare with `recorded_at`: from `since`, before `until`.

    `asked_by` is a merchant: only commands that its own people submitted.
    """

    merchant: str | None = None
    order: str | None = None
    actor: str | None = None
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    asked_by: str | None = None


class RefusedRow(NamedTuple):
    """A refused command as the log keeps it. `position` is of the book's last event at that time."""

    recorded_at: datetime
    book: int
    number: int
    position: int
    command_id: str  # scoped: caller/id/merchant
    stream: str
    command: str
    actor: str  # canonical JSON
    decided_at: datetime
    code: str
    facts: str  # canonical JSON


# Each of the first four has an index of its own in 02_tables.sql, and is written here as it is there.
_CONDITIONS = {
    "merchant": "split_part(o.command_id, '/', 3) = %s",
    "order": "starts_with(o.stream, 'order/') AND split_part(o.stream, '/', 3) = %s",
    "actor": "o.actor::jsonb ->> 'id' = %s",
    "code": "o.code = %s",
    "since": "o.recorded_at >= %s",
    "until": "o.recorded_at < %s",
    "asked_by": "o.actor::jsonb ->> 'kind' = 'merchant'"
    " AND coalesce(o.actor::jsonb ->> 'scope', o.actor::jsonb ->> 'id') = %s",
}
_AFTER = "(o.recorded_at, o.book, o.number) > (%s, %s, %s)"


def refused_commands(
    reader: Reader,
    wanted: RefusedFilter,
    *,
    books: Sequence[int],
    limit: int,
    after: tuple[datetime, int, int] | None = None,
) -> list[RefusedRow]:
    """Returns the rows of these books after the key `after` (recorded_at, book, number), in the order of the keys."""
    statement, values = query_of(wanted, books=books, limit=limit, after=after)
    return [RefusedRow(*row) for row in reader.select(statement, *values)]


def query_of(
    wanted: RefusedFilter, *, books: Sequence[int], limit: int, after: tuple[datetime, int, int] | None = None
) -> tuple[str, tuple[Any, ...]]:
    """Returns the statement of such a read, and its values."""
    given = {each.name: value for each in fields(wanted) if (value := getattr(wanted, each.name)) is not None}
    conditions = [_CONDITIONS[name] for name in given] + ([_AFTER] if after else [])
    # Every index begins with the book: read each book by its index, then merge the first rows of each.
    statement = f"""
        SELECT {", ".join(f"p.{name}" for name in RefusedRow._fields)}
        FROM (SELECT h.book FROM log.heads h WHERE h.book = ANY(%s)) AS b CROSS JOIN LATERAL (
            SELECT o.* FROM log.outcomes o
            WHERE {" AND ".join(("o.book = b.book", "o.book = ANY(%s)", "o.code <> ''", *conditions))}
            ORDER BY o.recorded_at, o.number LIMIT %s
        ) AS p ORDER BY p.recorded_at, p.book, p.number LIMIT %s"""
    return statement, (list(books), list(books), *given.values(), *(after or ()), limit, limit)
