"""Outcomes of commands as answers: a result, or the problem details of a refusal, a fault or a malformed command."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from commands.bus.outcome import FAULT, Outcome
from service.http.errors import problem
from service.questions.answer_models import model_of
from service.questions.shapes import EntryLine
from service.record.parser import Malformed

# Refusals that say something about the sender or the key. Every other one is about the state of the ledger: 409.
STATUSES = {
    "ROLE_NOT_ALLOWED": 403,
    "SCOPE_NOT_ALLOWED": 403,
    "ACCESS_ROLE_NOT_HELD": 403,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "INSTANT_NOT_YOURS": 422,
    "VALUE_NOT_STORABLE": 422,
}
MALFORMED = {"MALFORMED_JSON": 400, "UNKNOWN_COMMAND": 404}
REPLAYED = "Idempotent-Replayed"


class RecordableEvent(BaseModel):
    """An event that a dry run would record, as far as the role may read it: `event` without personal values, and the
    lines of its journal entry."""

    model_config = ConfigDict(extra="forbid")

    type: str
    stream: str
    event: dict[str, Any] = {}
    entry: list[model_of(EntryLine)] = []  # type: ignore[valid-type]


class CommandResult(BaseModel):
    """A command that was accepted: `recorded`, or `nothing` to do. Its events stand at `first` to `last` in `book`; 0
    if there are none. A dry run has the `events` that would be recorded."""

    model_config = ConfigDict(extra="forbid")

    id: str
    command: str
    status: Literal["recorded", "nothing"]
    book: int
    first: int
    last: int
    dry_run: bool = False
    events: list[RecordableEvent] = []


def result_of(name: str, outcome: Outcome) -> dict[str, Any]:
    """Returns the result of an accepted command."""
    found = {"book": outcome.book, "first": outcome.first, "last": outcome.last}
    return {"id": outcome.command_id, "command": name, "status": outcome.status} | found


def problem_of(outcome: Outcome) -> dict[str, Any]:
    """Returns the problem details of a refusal or a fault."""
    code = outcome.code or FAULT
    status = 500 if outcome.status == "fault" else STATUSES.get(code, 409)
    return problem(status, code, outcome.sentence) | {"facts": outcome.facts, "remedy": outcome.remedy}


def problem_of_malformed(malformed: Malformed) -> dict[str, Any]:
    """Returns the problem details of a command that cannot be read."""
    sentence = f"{malformed.sentence[:1].upper()}{malformed.sentence[1:]}."
    return problem(MALFORMED.get(malformed.code, 422), malformed.code, sentence, malformed.field)
