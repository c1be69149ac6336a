"""Proposing a command that takes two people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import ValidationError, model_validator

from commands.command import Command
from commands.fields import Reason
from commands.proposable import PROPOSABLE
from commands.rules import Rules
from commands.two_people import TwoPersonCommand, read_command
from ledger.events.event import Event
from ledger.events.proposals import ProposalMade
from ledger.ids import Id
from ledger.refusals.finance import ProposalIdTaken
from ledger.sealed import Sealed
from ledger.streams.stream import Stream
from ledger.validation_messages import complaints


class Propose(Command, name="propose"):
    """Asks for `command` with `data`. It is recorded and listed, and happens once another person approves it.

    What would be refused now is refused now, by the refusals of the proposed command.
    """

    proposal_id: Id
    command: Id
    data: dict[str, Any]
    reason: Reason
    note: Sealed[str] | None = None

    @model_validator(mode="after")
    def _is_a_command(self) -> Self:
        try:
            self.asked()
        except ValidationError as error:
            raise ValueError("; ".join(complaints(error, shows_value=True))) from None
        return self

    @property
    def stream(self) -> str:
        return self.asked().stream

    @property
    def reads(self) -> tuple[str, ...]:
        return self.asked().reads

    def asked(self) -> TwoPersonCommand:
        """The proposed command. Raises ValueError."""
        return read_command(self.command, self.data, self, PROPOSABLE)


def decide(command: Propose, stream: Stream, rules: Rules) -> Iterator[Event]:
    if command.proposal_id in stream.proposals:
        raise ProposalIdTaken(proposal_id=command.proposal_id)
    asked = command.asked()
    made = ProposalMade(
        proposal_id=command.proposal_id,
        command=command.command,
        data=asked.model_dump(mode="json", exclude=set(Command.model_fields), exclude_unset=True),
        reason=command.reason,
        proposer=command.actor,
        note=command.note,
        proposed_at=command.decided_at,
    )
    for _ in PROPOSABLE[command.command].decide_if_allowed(asked.proposed_in(made, command), stream, rules):
        pass  # only its refusals count now
    yield made
