"""An empty ledger with its gate, on a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from ledger.actors import Actor
from projections.engine.views import Views
from service.access.gate import Gate
from service.access.tokens import Issued, create_token
from service.app import App
from service.settings import Settings
from tests.support.buses import Desk, open_desk

ADMIN = Actor(kind="platform", id="ada", role="admin")


@dataclass(frozen=True)
class Door:
    """A ledger, the gate before it, and short ways to open accounts and create tokens."""

    desk: Desk
    app: App
    gate: Gate
    seconds: list[float]

    def open(self, account_id: str, *roles: str, scope: str | None = None) -> Outcome:
        return self.desk.expect(
            "open_access_account", actor=ADMIN, account_id=account_id, roles=list(roles), scope=scope
        )

    def token(self, account_id: str, role: Any, *, days: int = 90) -> Issued:
        expires_at = self.desk.clock.now + timedelta(days=days)
        return create_token(self.desk.bus, account_id=account_id, role=role, by=ADMIN, expires_at=expires_at)

    def later(self, **by: float) -> None:
        """Moves the clock, and all that the gate remembers is old."""
        self.desk.clock.forward(**by)
        self.seconds[0] += 2


@pytest.fixture
def door(database_url: str, tmp_path: Path) -> Iterator[Door]:
    with open_desk(database_url, tmp_path, now=datetime(2026, 4, 1, 8, tzinfo=UTC)) as desk:
        views = Views(desk.ledger.engine, desk.ledger.reader)
        app = App(Settings(data_dir=tmp_path), desk.ledger, desk.bus, views, desk.clock)
        seconds = [0.0]
        yield Door(desk, app, Gate(app, monotonic=lambda: seconds[0]), seconds)
