"""What is remembered of partners' files: that one was accepted and recorded; of bank accounts and their entries."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.files import BankEntryMatched, BankStatementImported, FileAccepted, FileRecorded
from ledger.streams.stream import Stream


class AcceptedFile(Stream):
    """The stream `file/<kind>/<digest>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.accepted: FileAccepted | None = None
        self.recorded: FileRecorded | None = None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: FileAccepted) -> None:
        self.accepted = event

    @evolve.register
    def _(self, event: FileRecorded) -> None:
        self.recorded = event


class BankAccount(Stream):
    """The stream `bank_account/<account>`: the next statement opens where the last one closed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.last: BankStatementImported | None = None
        self.digests: dict[str, str] = {}  # statement → the file it came from

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: BankStatementImported) -> None:
        self.last = event
        self.digests[event.statement_id] = event.digest


class BankStatement(Stream):
    """The stream `bank_statement/<account>/<statement>`: entries that were matched; those that were not are breaks."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.matched: set[str] = set()

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: BankEntryMatched) -> None:
        self.matched.add(event.entry_ref)
