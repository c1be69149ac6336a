"""Which ledger this is: the id and epoch that cursors carry, and the zone of its accounting days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from ledger.log.engine import cursor_of


@dataclass(frozen=True, slots=True)
class Identity:
    """One row, written when the ledger is made. A restore raises `epoch`: positions after it may mean other events.

    A ledger founded for demonstration takes the time of its appends from a scenario, and says so for ever.
    """

    ledger_id: str
    epoch: int
    zone: str
    created_at: datetime
    demonstration: bool = False

    def marked(self, title: str) -> str:
        """A title as readers are shown it: in a demonstration it says so, also where there is no other."""
        return " · ".join(filter(None, ("Demonstration" * self.demonstration, title)))


def read_identity(engine: Engine) -> Identity:
    with cursor_of(engine) as cursor:
        cursor.execute("SELECT ledger_id::text, epoch, zone, created_at, demonstration FROM log.identity")
        row = cursor.fetchone()
    assert row is not None, "a ledger is given its identity when it is opened for the first time"
    return Identity(*row)
