"""What became of a command: recorded where, nothing to do, or refused for a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic_core import from_json

from ledger.log.rows import Receipt, Status
from ledger.refusals import REFUSALS, IdempotencyKeyReused, Refusal, sentence_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """The sticky answer to one command. `first`/`last` are positions in `book`, 0 where no event was recorded.

    `repeated` says that the answer was given before, to the same command under the same id.
    """

    command_id: str
    status: Literal["recorded", "nothing", "refused"]
    book: int
    first: int = 0
    last: int = 0
    code: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False

    @property
    def sentence(self) -> str:
        """Why it was refused, in plain words; empty otherwise."""
        return sentence_of(self.code, self.facts) if self.code else ""

    @property
    def remedy(self) -> str:
        """What would make it valid; empty where it was not refused."""
        return REFUSALS[self.code].remedy if self.code else ""


def outcome_of(command_id: str, receipt: Receipt) -> Outcome:
    """The outcome a log receipt stands for. `CONFLICT` and `DAY_CLOSED` are none: they are reasons to decide again."""
    assert receipt.status in (Status.RECORDED, Status.REPEATED, Status.REUSED)
    if receipt.status is Status.REUSED:
        return refused(command_id, receipt.book, IdempotencyKeyReused(command_id=command_id))
    status: Literal["recorded", "nothing", "refused"] = (
        "refused" if receipt.code else "recorded" if receipt.last else "nothing"
    )
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
