"""Work on breaks: finds a break by its id, and flags a missing line as a break when a person starts to work on it."""

from __future__ import annotations

from datetime import date
from typing import get_args

from commands.bus.outcome import Outcome
from commands.command import Command
from commands.reconciliation.flag_missing_line import MissingKind
from service.app import App
from service.failures import ServiceFailure
from service.finance.reconciliation import Mismatch, mismatches, missing_lines


def open_mismatch(app: App, break_id: str, stream: str | None = None) -> Mismatch:
    """Returns the open break of this id, or the missing line that will become it. Raises `ServiceFailure` if there is
    none, or if several have the id."""
    named = [each for each in mismatches(app, grace_days=-1) if each.break_id == break_id]
    found = [each for each in named if stream in (None, each.stream)]
    if not found:
        raise ServiceFailure(f"No open break has the id {break_id}. Check the id.")
    if len(found) > 1:
        streams = ", ".join(sorted(each.stream for each in found))
        raise ServiceFailure(f"{break_id} is open in several streams. Choose one with --stream: {streams}.")
    return found[0]


def work(app: App, found: Mismatch, command: Command) -> Outcome:
    """Submits the command about the break. A missing line that is not flagged yet is flagged first, by the same
    person."""
    if found.kind in get_args(MissingKind):
        lines = missing_lines(app, before=date.max)
        flags = [
            line.flag(command.actor) for line in lines if (line.stream, line.break_id) == (found.stream, found.break_id)
        ]
        app.bus.submit(flags)
    return app.bus.submit([command])[0]
