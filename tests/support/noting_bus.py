"""A bus for tests that read a shared ledger: exports are noted, and not recorded."""

from __future__ import annotations

from typing import Any

from commands.access.record_export import RecordExport
from commands.bus.bus import Bus
from commands.bus.outcome import Outcome


class NotingBus:
    """Notes commands and accepts them, so that the month stays as it is. The rest is asked of `bus`."""

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus
        self.noted: list[RecordExport] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    def submit(self, commands: list[RecordExport]) -> list[Outcome]:
        self.noted += commands
        return [Outcome(command.id, "recorded", 0) for command in commands]
