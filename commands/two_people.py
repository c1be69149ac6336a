"""Commands that take two people: the form in a proposal, and the form at the approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from commands.command import Command, Handler
from ledger.events.proposals import ProposalMade
from ledger.refusals.finance import ProposalOutdated
from ledger.validation_messages import complaint


class TwoPersonCommand(Command):
    """A command that one person proposes and another approves. It is never submitted alone.

    `decide` runs at the proposal, to refuse early, and at the approval, when its events are recorded. `actor` is the
    approver; `proposal` has the proposer and the reason. The data stands in the proposal unsealed, so personal values
    belong in the proposal's note.
    """

    proposal: ClassVar[ProposalMade]  # set on an instance after it is proposed

    def proposed_in(self, proposal: ProposalMade, requested_by: Command) -> Self:
        """Returns the command with its proposal, decided at the instant of the proposal or the approval."""
        return self.model_copy(update={"proposal": proposal, "decided_at": requested_by.decided_at})


def read_command(
    name: str, data: Mapping[str, Any], requested_by: Command, menu: Mapping[str, Handler]
) -> TwoPersonCommand:
    """Returns the command with this name and data, submitted by the same actor. Raises ValueError."""
    if name not in menu:
        raise ValueError(f"{name} is not a command that takes two people. Use one of: {', '.join(menu)}")
    if envelope := sorted(data.keys() & Command.model_fields.keys()):
        raise ValueError(f"{', '.join(envelope)} belongs to the proposal, not to the data of {name}")
    command = menu[name].command.model_validate({**data, "id": requested_by.id, "actor": requested_by.actor})
    assert isinstance(command, TwoPersonCommand), f"{name} is on the wrong menu"
    return command


def proposed_command(proposal: ProposalMade, approval: Command, menu: Mapping[str, Handler]) -> TwoPersonCommand:
    """Returns the proposed command. Raises `ProposalOutdated` if its data no longer fits this code's model."""
    try:
        return read_command(proposal.command, proposal.data, approval, menu)
    except ValueError as error:
        why = complaint(error)
    raise ProposalOutdated(proposal_id=proposal.proposal_id, command=proposal.command, why=why)
