"""A server in trouble, for tests: from a statement on, each raises an error that the server itself raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2 import extensions
from sqlalchemy import Engine, event

_RAISE = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}', MESSAGE = 'raised by a test'; END $$"
_QUIET = ("ROLLBACK",)  # what a client says to end what has failed


@dataclass
class ServerTrouble:
    """The trouble: after so many statements every further one fails with the SQLSTATE. Empty: there is none.

    A SQLSTATE of class 57P ends the connection as well, as the server's own does.
    """

    sqlstate: str = ""
    after: int = 0
    statements: int = 0
    met: int = 0

    def begin(self, sqlstate: str, *, after: int) -> None:
        self.sqlstate, self.after, self.statements, self.met = sqlstate, after, 0, 0

    def end(self) -> None:
        self.sqlstate = ""

    def meets(self, statement: object) -> bool:
        if not self.sqlstate or str(statement).strip().upper() in _QUIET:
            return False
        self.statements += 1
        self.met += self.statements > self.after
        return self.statements > self.after


@contextmanager
def server_trouble(engine: Engine) -> Iterator[ServerTrouble]:
    """Trouble that can be begun and ended on all connections of the engine."""
    trouble = ServerTrouble()

    class Cursor(extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:
            if trouble.meets(query):
                super().execute(_RAISE.format(trouble.sqlstate))
            super().execute(query, vars)

        def copy_expert(self, *about: Any, **more: Any) -> Any:
            if trouble.meets("COPY"):
                super().execute(_RAISE.format(trouble.sqlstate))
            return super().copy_expert(*about, **more)

    def equip(connection: extensions.connection, _: object) -> None:
        connection.cursor_factory = Cursor

    engine.dispose()
    event.listen(engine, "connect", equip)
    try:
        yield trouble
    finally:
        event.remove(engine, "connect", equip)
        engine.dispose()
