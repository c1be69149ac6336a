"""Attempts to try the log with: events that need no command to decide them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import psycopg2
import psycopg2.extensions
from sqlalchemy.engine import URL, make_url

from ledger.canonical import canonical
from ledger.log.rows import Answer, Attempt, Expectation, Movement, NewEvent

BOOK = 1
AT = datetime(2025, 4, 1, 8, 0, 0, 123456, tzinfo=UTC)
DAY = date(2025, 4, 1)
_numbers = itertools.count(1)


def new_event(stream: str = "order/M-1/O-1", **fields: Any) -> NewEvent:
    """An event that moves no money, unless it is given an entry."""
    defaults: dict[str, Any] = {
        "stream": stream,
        "type": "order.completed",
        "schema_version": 1,
        "event_id": str(uuid4()),
        "occurred_at": AT,
        "accounting_date": DAY,
        "actor": '{"id":"tests","kind":"system","role":""}',
        "source": "{}",
        "correlation_id": "c-1",
        "causation_id": "c-1",
        "legal_entity": "REDLEDGER-HK",
        "policy_versions": "{}",
        "payload": '{"completed_at":"2025-04-01T08:00:00Z","order_id":"O-1"}',
        "entry": None,
    }
    return NewEvent(**(defaults | fields))


def attempt(
    stream: str = "order/M-1/O-1",
    version: int = 0,
    *,
    events: Sequence[NewEvent] | None = None,
    command_id: str | None = None,
    fingerprint: str = "body",
    guards: Sequence[Expectation] = (),
    moves: Sequence[Movement] = (),
) -> Attempt:
    """One command's bid to write `stream` on top of `version`: one event unless more are given."""
    return Attempt(
        command_id=command_id or f"system:tests/{next(_numbers)}/M-1",
        fingerprint=fingerprint,
        events=[new_event(stream)] if events is None else events,
        expects=[Expectation(stream, version), *guards],
        moves=moves,
    )


def refusal(
    stream: str = "order/M-1/O-1",
    version: int = 0,
    *,
    command_id: str = "system:tests/refused/M-1",
    fingerprint: str = "body",
    code: str = "NOT_DUE",
) -> Attempt:
    """A command that came to nothing, decided on `version` of the stream."""
    answer = Answer(
        stream=stream, command="release", actor='{"id":"a"}', decided_at=AT, code=code, facts='{"due":"tomorrow"}'
    )
    return Attempt(command_id, fingerprint, expects=[Expectation(stream, version)], answer=answer)


def entry(*lines: tuple[str, int], currency: str = "CNY", merchant: str | None = "M-1") -> str:
    """A stored entry of (account, base) lines."""
    dimensions = {"merchant": merchant} if merchant else {}
    return canonical([{"account": a, "amount": b, "base": b, "currency": currency, **dimensions} for a, b in lines])


def release(merchant: str, fen: int, stream: str, version: int = 0, **more: Any) -> Attempt:
    """Money of a merchant becomes available: an entry, and what it does to the guard."""
    posted = entry(("2110", fen), ("2120", -fen), merchant=merchant)
    return attempt(
        stream, version, events=[new_event(stream, entry=posted)], moves=[Movement(merchant, fen, 0, 0)], **more
    )


@contextmanager
def owner(url: str | URL) -> Iterator[psycopg2.extensions.connection]:
    """A connection as the owner, outside the pool, each statement its own transaction."""
    connection = psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()
