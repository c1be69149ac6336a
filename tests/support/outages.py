"""A database that is away, for tests: connections are refused as by a server that does not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from sqlalchemy import Engine, event


@contextmanager
def away_for(engine: Engine, *, connections: int | None = None) -> Iterator[list[str]]:
    """Refuses this many connections, or all until the end of the block; the list names each that was refused."""
    refused: list[str] = []

    def refuse(*_: Any) -> None:
        if connections is None or len(refused) < connections:
            refused.append(engine.url.render_as_string())
            raise psycopg2.OperationalError("connection refused")

    engine.dispose()
    event.listen(engine, "do_connect", refuse)
    try:
        yield refused
    finally:
        event.remove(engine, "do_connect", refuse)
