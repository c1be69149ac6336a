"""Yardsticks: raw one-row INSERTs, COPY into the log's table, and the Postgres recorder of `eventsourcing`."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg2

RAW_TABLE = "CREATE TABLE IF NOT EXISTS raw_events (id bigserial PRIMARY KEY, payload text)"
_PAYLOAD = "x" * 300


def libpq(url: str) -> str:
    """A psycopg2 connection string for an SQLAlchemy URL."""
    return url.replace("postgresql+psycopg2://", "postgresql://", 1)


def raw_inserts(gate: Any, argument: tuple[str, str], count: int) -> None:
    """One client: `count` one-row INSERTs of 300 bytes, a commit each, with its `synchronous_commit`."""
    url, synchronous_commit = argument
    connection = psycopg2.connect(libpq(url))
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SELECT set_config('synchronous_commit', %s, false)", (synchronous_commit,))
    gate.wait()
    for _ in range(count):
        cursor.execute("INSERT INTO raw_events (payload) VALUES (%s)", (_PAYLOAD,))
    gate.wait()
    connection.close()


def copy_rows(connection: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """COPY the rows into the table in one transaction: the ceiling of every bulk append."""
    text = io.StringIO()
    for row in rows:
        text.write("\t".join(_copied(value) for value in row) + "\n")
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text)
    connection.commit()


def library_recorder(url: str) -> Any:
    """The event-sourcing library's own Postgres recorder, its table made; needs psycopg 3."""
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    datastore = PostgresDatastore(
        dbname=parts.path.lstrip("/"),
        host=host,
        port=str(parts.port or 5432),
        user=parts.username or "",
        password=parts.password or "",
        pool_size=20,
        max_overflow=20,
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="library_events")
    recorder.create_table()
    return recorder


def library_appends(recorder: Any, count: int) -> None:
    """`count` single events through the library, a stream each."""
    from eventsourcing.persistence import StoredEvent

    for _ in range(count):
        event = StoredEvent(originator_id=uuid4(), originator_version=1, topic="order.placed", state=b"x" * 300)
        recorder.insert_events([event])


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes | memoryview):
        return "\\\\x" + bytes(value).hex()
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
