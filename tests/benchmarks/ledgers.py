"""Ledgers to measure: a durable server on a disk, opened as an application would, and attempts to append to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from ledger.canonical import canonical
from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Expectation, NewEvent
from service.embedded import EmbeddedPostgres
from service.garbage_collection import collect_rarely
from tests.support.postgres import DURABLE, disk_folder, throwaway_server

_AT = datetime(2025, 4, 1, 8, tzinfo=UTC)
_ENTRY = canonical(
    [
        {"account": "1110", "amount": 6944, "base": 49858, "currency": "USD", "order": "O-1", "psp": "stripe"},
        {"account": "2220", "amount": -6944, "base": -49858, "currency": "USD", "order": "O-1"},
    ]
)
_PAYLOAD = canonical({"note": "x" * 280})


@contextmanager
def durable_server() -> Iterator[EmbeddedPostgres]:
    """A server of this run's own with fsync on, its data on a disk."""
    with throwaway_server(DURABLE, disk_folder()) as server:
        yield server


def open_ledger(url: str, keys: Path) -> Ledger:
    """A ledger as the service opens it."""
    collect_rarely()
    return Ledger.open(url, keys=FileKeyStore(keys))


def attempt(stream: str | None = None, *, events: int = 1, with_entry: bool = True) -> Attempt:
    """A command that opens a stream of its own with `events` events of some 300 bytes, each with a balanced entry."""
    stream = stream or f"order/M-1/{uuid4().hex}"
    return Attempt(
        command_id=f"platform:bench/{uuid4().hex}/M-1",
        fingerprint="0" * 64,
        events=tuple(_event(stream, _ENTRY if with_entry else None) for _ in range(events)),
        expects=(Expectation(stream, 0),),
    )


def _event(stream: str, entry: str | None) -> NewEvent:
    return NewEvent(
        stream=stream,
        type="bench.happened",
        schema_version=1,
        event_id=str(uuid4()),
        occurred_at=_AT,
        accounting_date=date(2025, 4, 1),
        actor='{"id":"bench","kind":"platform","role":""}',
        source="{}",
        correlation_id="bench",
        causation_id="bench",
        legal_entity="REDLEDGER-HK",
        policy_versions="{}",
        payload=_PAYLOAD,
        entry=entry,
    )
