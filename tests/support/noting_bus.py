"""A bus for tests that read a shared ledger: exports are noted, and not recorded."""

from __future__ import annotations

from commands.access.record_export import RecordExport
from commands.bus.outcome import Outcome


class NotingBus:
    """Notes commands and accepts them, so that the month stays as it is."""

    def __init__(self) -> None:
        self.noted: list[RecordExport] = []

    def submit(self, commands: list[RecordExport]) -> list[Outcome]:
        self.noted += commands
        return [Outcome(command.id, "recorded", 0) for command in commands]
