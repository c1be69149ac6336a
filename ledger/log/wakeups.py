"""Wakes readers soon after an append, outside its transaction. Nothing rests on it: readers look again anyway."""

from __future__ import annotations

import select
from contextlib import suppress
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Self

import psycopg2
import psycopg2.extensions
from sqlalchemy import Engine

from ledger.log.database_errors import DatabaseTrouble
from ledger.log.engine import cursor_of, pooled_connection

_CHANNEL = "redledger"
_LOOK_ANYWAY_S = 1.0


class Notifier:
    """Informs the server's listeners which books have grown: at most one message in `throttle_s`, from a thread of its
    own, so that no append waits for it. NOTIFY takes a lock of the whole server at commit.
    """

    def __init__(self, engine: Engine, *, throttle_s: float = 0.005) -> None:
        self._engine = engine
        self._throttle_s = throttle_s
        self._grown: set[int] = set()
        self._lock = Lock()
        self._has_changed = Event()
        self._closing = Event()
        self._thread = Thread(target=self._run, name="wakeups", daemon=True)
        self._thread.start()

    def notify(self, book: int) -> None:
        """The book has grown. Returns at once; wakes the thread only where it waits for something to send."""
        with self._lock:
            self._grown.add(book)
        if not self._has_changed.is_set():
            self._has_changed.set()

    def close(self) -> None:
        """Send what is waiting, and end the thread."""
        self._closing.set()
        self._has_changed.set()
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            self._has_changed.wait()
            self._has_changed.clear()  # before the rest is read: what comes from now on is news again
            closing = self._closing.is_set()
            with self._lock:
                books, self._grown = sorted(self._grown), set()
            if books:
                self._send(books)
            self._closing.wait(self._throttle_s)

    def _send(self, books: list[int]) -> None:
        # A database that is away needs no waking; its readers look again by themselves.
        with suppress(DatabaseTrouble), cursor_of(self._engine) as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, ",".join(map(str, books))))


class Listener:
    """Waits for books to grow, on a connection of its own. One thread at a time may wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg2.extensions.connection | None = None

    def wait(self, timeout_s: float = _LOOK_ANYWAY_S) -> set[int]:
        """The books that have grown, as soon as somebody says so; an empty set after `timeout_s`, a second at most.

        Look at the log after either: a message may be lost, and is when the connection breaks.
        """
        deadline = monotonic() + min(timeout_s, _LOOK_ANYWAY_S)
        try:
            connection = self._connected()
            connection.poll()
            while not connection.notifies and (left := deadline - monotonic()) > 0:
                if select.select([connection], [], [], left)[0]:
                    connection.poll()
            books = {int(book) for notice in connection.notifies for book in notice.payload.split(",")}
            connection.notifies.clear()
        except (psycopg2.Error, DatabaseTrouble):
            self.close()
            select.select([], [], [], max(deadline - monotonic(), 0))
            return set()
        return books

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        self._connected()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connected(self) -> psycopg2.extensions.connection:
        if self._connection is None:
            pooled = pooled_connection(self._engine)
            own: psycopg2.extensions.connection = pooled.driver_connection  # type: ignore[assignment]
            pooled.detach()  # it listens until it is closed
            with own.cursor() as cursor:
                cursor.execute(f"LISTEN {_CHANNEL}")
            self._connection = own
        return self._connection
