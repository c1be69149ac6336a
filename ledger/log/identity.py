"""The identity of a ledger: the id and epoch in its cursors, and the zone of its accounting days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from ledger.log.engine import cursor_of


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity, written when the ledger is founded. A restore raises `epoch`, because positions may then mean other
    events.

    A ledger founded for demonstration may take the time of its appends from a scenario. It stays a demonstration for
    ever.
    """

    ledger_id: str
    epoch: int
    zone: str
    created_at: datetime
    demonstration: bool = False

    def marked(self, title: str) -> str:
        """Returns the title for readers. In a demonstration it starts with "Demonstration", even without a title."""
        return " · ".join(filter(None, ("Demonstration" * self.demonstration, title)))


def read_identity(engine: Engine) -> Identity:
    with cursor_of(engine) as cursor:
        cursor.execute("SELECT ledger_id::text, epoch, zone, created_at, demonstration FROM log.identity")
        row = cursor.fetchone()
    assert row is not None, "a ledger gets its identity when it is first opened"
    return Identity(*row)
