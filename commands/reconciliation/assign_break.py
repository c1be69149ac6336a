"""Assigns a break to a person."""

from __future__ import annotations

from collections.abc import Iterator

from commands.open_breaks import BreakCommand, open_break
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakAssigned
from ledger.ids import Id
from ledger.streams.stream import Stream


class AssignBreak(BreakCommand, name="assign_break"):
    """Assigns an open break to `owner`, who handles it from now on.

    Only for people of the platform. Refused if the break is not open.
    """

    owner: Id


def decide(command: AssignBreak, stream: Stream, rules: Rules) -> Iterator[Event]:
    found = open_break(command, stream)
    if found.owner == command.owner:
        return
    yield ReconciliationBreakAssigned(
        break_id=command.break_id,
        kind=found.opened.kind,
        owner=command.owner,
        assigner=command.actor,
        assigned_at=command.decided_at,
    )
