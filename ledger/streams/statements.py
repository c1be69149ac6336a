"""The streams of a merchant's statements and of settlement runs."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.statements import SettlementRunCompleted, SettlementRunStarted, SettlementStatementIssued
from ledger.streams.stream import Stream


class Statements(Stream):
    """The stream `statements/<merchant>`. Each statement begins where the one before it ended."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.last: SettlementStatementIssued | None = None
        self.ids: set[str] = set()

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: SettlementStatementIssued) -> None:
        self.last = event
        self.ids.add(event.statement_id)


class SettlementRun(Stream):
    """The stream `settlement_run/<run>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.started: SettlementRunStarted | None = None
        self.completed: SettlementRunCompleted | None = None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: SettlementRunStarted) -> None:
        self.started = event

    @evolve.register
    def _(self, event: SettlementRunCompleted) -> None:
        self.completed = event
