"""A trial of a command: its decision on what is true now, without anything recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from commands.bus.decision import Decision
from commands.bus.outcome import Outcome, refused
from ledger.events.event import Event
from ledger.journal.entry import entry_lines


@dataclass(frozen=True, slots=True)
class TriedEvent:
    """An event that would be recorded, without its personal values, and the lines of its journal entry."""

    type: str
    stream: str
    event: dict[str, Any]
    lines: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome that the command would have, and its events. An earlier answer to its id has no events."""

    outcome: Outcome
    events: Sequence[TriedEvent] = ()


def trial_of(decision: Decision, book: int) -> Trial:
    """Returns the trial of a decision that is not recorded."""
    id = decision.command.id
    if decision.refusal:
        return Trial(refused(id, book, decision.refusal))
    events = [
        TriedEvent(event.name, decision.stream, _in_clear(event), entry_lines(entry))
        for event, entry in zip(decision.events, decision.entries, strict=True)
    ]
    return Trial(Outcome(command_id=id, status="recorded" if events else "nothing", book=book), events)


def _in_clear(event: Event) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude=set(event.sealed_fields))
