"""The outcome of a command: recorded, nothing to do, refused with a reason, or failed by a fault of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from pydantic_core import from_json

from ledger.log.rows import Receipt, Status
from ledger.refusals.catalogue import IdempotencyKeyReused, Refusal, remedy_of, sentence_of

FAULT = "FAULT"
OutcomeStatus = Literal["recorded", "nothing", "refused", "fault"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The sticky answer to one command. `first`/`last` are positions in `book`, 0 where no event was recorded.

    `repeated` says that the answer was given before, to the same command under the same id. A fault is no answer: it is
    not kept, and the same id may be sent again.
    """

    command_id: str
    status: OutcomeStatus
    book: int
    first: int = 0
    last: int = 0
    code: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False

    @property
    def is_accepted(self) -> bool:
        """True if what was asked for is so now: it was recorded, or there was nothing to do."""
        match self.status:
            case "recorded" | "nothing":
                return True
            case "refused" | "fault":
                return False
            case _:
                assert_never(self.status)

    @property
    def reference(self) -> str:
        """The reference of a fault in the service's log; empty for every other outcome."""
        return str(self.facts["reference"]) if self.status == "fault" else ""

    @property
    def sentence(self) -> str:
        """Why it was refused or failed, in plain words; empty otherwise."""
        if self.status == "fault":
            return f"It failed by a fault of ours, {self.reference} in the service's log. Nothing was recorded."
        return sentence_of(self.code, self.facts) if self.code else ""

    @property
    def remedy(self) -> str:
        """The next step for the sender; empty unless the command was refused or failed."""
        if self.status == "fault":
            return "Give the operator this reference. The same command may be sent again under the same id."
        return remedy_of(self.code, self.facts) if self.code else ""


def first_fault(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The first command that failed, if one did: what rests on these outcomes is not known yet, and asked for again."""
    return next((outcome for outcome in outcomes if outcome.status == "fault"), None)


def outcome_of(command_id: str, receipt: Receipt) -> Outcome:
    """The outcome a log receipt stands for. `CONFLICT` and `DAY_CLOSED` are none: they are reasons to decide again."""
    assert receipt.status in (Status.RECORDED, Status.REPEATED, Status.REUSED)
    if receipt.status is Status.REUSED:
        return refused(command_id, receipt.book, IdempotencyKeyReused(command_id=command_id))
    status: OutcomeStatus = "refused" if receipt.code else "recorded" if receipt.last else "nothing"
    return Outcome(
        command_id=command_id,
        status=status,
        book=receipt.book,
        first=receipt.first,
        last=receipt.last,
        code=receipt.code,
        facts=from_json(receipt.facts) if receipt.code else {},
        repeated=receipt.status is Status.REPEATED,
    )


def refused(command_id: str, book: int, refusal: Refusal) -> Outcome:
    """A refusal that is not kept, because it says nothing about the ledger's state."""
    return Outcome(command_id=command_id, status="refused", book=book, code=refusal.code, facts=refusal.facts)
