"""Keeps the statements that an engine executes, as they are sent to the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import extensions
from sqlalchemy import Engine, event


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Yields the list of all statements on the engine's connections that are checked out in the block."""
    sent: list[str] = []

    class Kept(extensions.cursor):
        def execute(self, *args: Any) -> None:
            sent.append(self.mogrify(*args).decode())
            super().execute(*args)

    def out(connection: Any, *_: Any) -> None:
        connection.cursor_factory = Kept

    def back(connection: Any, *_: Any) -> None:
        if connection is not None:
            connection.cursor_factory = None

    event.listen(engine, "checkout", out)
    event.listen(engine, "checkin", back)
    try:
        yield sent
    finally:
        event.remove(engine, "checkout", out)
        event.remove(engine, "checkin", back)
