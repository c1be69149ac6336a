"""Outcomes of commands as answers: a result, or the problem details of a refusal, a fault or a malformed command."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from commands.bus.outcome import FAULT, Outcome
from service.http.errors import problem
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


class CommandResult(BaseModel):
    """A command that was accepted: `recorded`, or `nothing` to do. Its events stand at `first` to `last` in `book`; 0
    if there are none."""

    id: str
    command: str
    status: str
    book: int
    first: int
    last: int


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
