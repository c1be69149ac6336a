"""Wakes readers soon after an append, outside its transaction. It is only a hint: readers also poll."""

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
    """Notifies listeners which books have grown, at most once in `throttle_s`.

    It uses its own thread, so that no append waits for it: NOTIFY takes a server-wide lock at commit.
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
        """Marks the book as grown. Returns at once."""
        with self._lock:
            self._grown.add(book)
        if not self._has_changed.is_set():
            self._has_changed.set()

    def close(self) -> None:
        """Sends the waiting notifications and ends the thread."""
        self._closing.set()
        self._has_changed.set()
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            self._has_changed.wait()
            self._has_changed.clear()  # cleared before the set is read, so that later notifications are not lost
            closing = self._closing.is_set()
            with self._lock:
                books, self._grown = sorted(self._grown), set()
            if books:
                self._send(books)
            self._closing.wait(self._throttle_s)

    def _send(self, books: list[int]) -> None:
        # If the database cannot be reached, readers find the events when they poll.
        with suppress(DatabaseTrouble), cursor_of(self._engine) as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, ",".join(map(str, books))))


class Listener:
    """Waits on its own connection for books to grow. Only one thread at a time may wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg2.extensions.connection | None = None

    def wait(self, timeout_s: float = _LOOK_ANYWAY_S) -> set[int]:
        """Returns the books that have grown, or an empty set after `timeout_s`, at most one second.

        Read the log in both cases: a notification is lost when the connection breaks.
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
            pooled.detach()  # taken out of the pool: it listens until it is closed
            with own.cursor() as cursor:
                cursor.execute(f"LISTEN {_CHANNEL}")
            self._connection = own
        return self._connection
