"""Counts the statements that an engine executes and the rows that they return or change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import extensions
from sqlalchemy import Engine, event


class ReadTally:
    """The statements and rows counted so far."""

    def __init__(self) -> None:
        self.statements = self.rows = 0

    @property
    def both(self) -> tuple[int, int]:
        return self.statements, self.rows


@contextmanager
def counted(engine: Engine) -> Iterator[ReadTally]:
    """Yields the tally of all statements on the engine's connections that are checked out in the block."""
    tally = ReadTally()

    class Counted(extensions.cursor):
        def execute(self, *args: Any) -> None:
            super().execute(*args)
            tally.statements += 1
            tally.rows += max(0, self.rowcount)

    def out(connection: Any, *_: Any) -> None:
        connection.cursor_factory = Counted

    def back(connection: Any, *_: Any) -> None:
        if connection is not None:
            connection.cursor_factory = None

    event.listen(engine, "checkout", out)
    event.listen(engine, "checkin", back)
    try:
        yield tally
    finally:
        event.remove(engine, "checkout", out)
        event.remove(engine, "checkin", back)
