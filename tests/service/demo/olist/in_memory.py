"""A bus without a database: the real decisions on the real streams, for trying out a whole import in seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from commands.bus.decision import scoped_key
from commands.bus.outcome import Outcome, refused
from commands.command import Command
from commands.menu import MENU
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import merchant_of
from ledger.journal.entry import Line
from ledger.journal.posting import post
from ledger.policies.reference import Reference
from ledger.refusals.catalogue import IdempotencyKeyReused, Refusal
from ledger.streams.registry import blank
from ledger.streams.stream import Stream

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One recorded event, as much of it as a summary reads."""

    command_id: str
    type: str
    event: Event


class InMemoryLedger:
    """Decides and remembers as the bus does, in one book; keeps every event and every line of its entries."""

    def __init__(self) -> None:
        self.reference = Reference()
        self.rows: list[Remembered] = []
        self.lines: list[Line] = []
        self.streams: dict[str, Stream] = {}
        self._answers: dict[str, tuple[str, Outcome]] = {}
        self._deciders = {handler.command: handler.decide for handler in MENU.values()}

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Book 0's commands first, then the merchants', each on what the ones before it left."""
        stamped = [command.stamped(NOW) for command in commands]
        turns = sorted(range(len(stamped)), key=lambda index: merchant_of(stamped[index].stream) is not None)
        outcomes = {index: self._answer(stamped[index]) for index in turns}
        return [outcomes[index] for index in range(len(stamped))]

    def balances(self) -> dict[str, int]:
        """CNY base by account, debit positive."""
        sums: defaultdict[str, int] = defaultdict(int)
        for line in self.lines:
            sums[line.account] += line.base
        return dict(sums)

    def _answer(self, command: Command) -> Outcome:
        key, print_ = scoped_key(command, merchant_of(command.stream)), command.fingerprint()
        if key not in self._answers:
            self._answers[key] = print_, self._decide(command, key)
            return self._answers[key][1]
        before, outcome = self._answers[key]
        if before != print_:
            return refused(command.id, 0, IdempotencyKeyReused(command_id=command.id))
        return Outcome(outcome.command_id, outcome.status, 0, code=outcome.code, facts=outcome.facts, repeated=True)

    def _decide(self, command: Command, key: str) -> Outcome:
        for name in (command.stream, *command.reads):
            self.streams.setdefault(name, blank(name))
        stream = self.streams[command.stream]
        rules = Rules(at=command.decided_at, reference=self.reference, loaded=self.streams)
        try:
            events = tuple(self._deciders[type(command)](command, stream, rules))
        except Refusal as refusal:
            return Outcome(command.id, "refused", 0, code=refusal.code, facts=refusal.facts)
        for event in events:
            self._remember(stream, key, event)
        return Outcome(command.id, "recorded" if events else "nothing", 0, last=len(self.rows) if events else 0)

    def _remember(self, stream: Stream, key: str, event: Event) -> None:
        event.payload() if not event.sealed_fields else None
        self.rows.append(Remembered(key, event.name, event))
        stream.apply(event)
        self.reference.apply(event, len(self.rows))
        if entry := post(event):
            self.lines.extend(entry.lines)
