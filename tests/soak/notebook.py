"""The SQLite file of one reader: each event once, by the reader's own dedupe, or a copy of the rows of a view; and what
it does not want to forget."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from redledger.items import Row

_TABLES = """
CREATE TABLE IF NOT EXISTS events (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, book INTEGER, position INTEGER, stream TEXT, at_ns INTEGER
);
CREATE TABLE IF NOT EXISTS copies (
    of_table TEXT, book INTEGER, key TEXT, position INTEGER, deleted INTEGER, value TEXT,
    PRIMARY KEY (of_table, book, key)
);
CREATE TABLE IF NOT EXISTS places (one INTEGER PRIMARY KEY CHECK (one = 1), place TEXT);
CREATE TABLE IF NOT EXISTS settled (book INTEGER, position INTEGER);
"""


class Seen(NamedTuple):
    """An event that a reader has, and when it got it first."""

    id: str
    book: int
    position: int
    stream: str
    at_ns: int


class Copied(NamedTuple):
    """A row of a view as a reader keeps it."""

    table: str
    book: int
    key: str
    position: int
    deleted: bool
    value: str


def copied(row: Row) -> Copied:
    """Returns the row as it is kept."""
    value = json.dumps(row.values, sort_keys=True)
    return Copied(row.table, row.book, row.key, row.position, row.deleted, value)


class Notebook:
    """A file of one process. Each call commits, so that a killed process finds in it what it has done."""

    def __init__(self, file: Path | str) -> None:
        self._file = sqlite3.connect(file, timeout=60, check_same_thread=False)
        self._file.executescript(_TABLES)

    def note(self, id: str, book: int, position: int, stream: str, *, place: str | None = None) -> None:
        """Notes an event unless it is known, with the reader's place after it in the same transaction."""
        known = "INSERT OR IGNORE INTO events (id, book, position, stream, at_ns) VALUES (?, ?, ?, ?, ?)"
        with self._file:
            self._file.execute(known, (id, book, position, stream, time.time_ns()))
            if place is not None:
                self._keep(place)

    def copy(self, row: Row) -> None:
        """Writes a row of a view over the one that is there, with the reader's place after it."""
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?, ?, ?)", copied(row))
            self._keep(row.place)

    def _keep(self, place: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO places VALUES (1, ?)", (place,))

    def note_cloud_event(self, event: Mapping[str, Any]) -> None:
        """Notes an event of a lease or a webhook."""
        self.note(event["id"], event["book"], int(event["sequence"]), event["subject"])

    def settle(self, book: int, position: int) -> None:
        """Notes that an acknowledgement of this event was answered with success."""
        with self._file:
            self._file.execute("INSERT INTO settled VALUES (?, ?)", (book, position))

    @property
    def place(self) -> str | None:
        found = self._file.execute("SELECT place FROM places").fetchone()
        return found[0] if found else None

    def events(self) -> list[Seen]:
        """Returns the events in the order in which they were noted."""
        rows = self._file.execute("SELECT id, book, position, stream, at_ns FROM events ORDER BY n")
        return [Seen(*row) for row in rows]

    def copies(self) -> set[Copied]:
        """Returns the copied rows."""
        rows = self._file.execute("SELECT of_table, book, key, position, deleted, value FROM copies")
        return {Copied(*row) for row in rows}

    def settled(self) -> list[tuple[int, int]]:
        """Returns the acknowledged places."""
        return [(book, position) for book, position in self._file.execute("SELECT book, position FROM settled")]

    def close(self) -> None:
        self._file.close()
