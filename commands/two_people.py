"""Commands that take two people: how a proposal holds one, and how an approval makes it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from commands.command import Command, Handler
from ledger.events.proposals import ProposalMade
from ledger.refusals.finance import ProposalOutdated
from ledger.validation_messages import complaint


class TwoPersonCommand(Command):
    """A request that one person proposes and another approves. It is never submitted by itself.

    `decide` runs twice: when it is proposed, so that a request which would be refused now is refused now, and when it
    is approved, which is when its events are recorded. `actor` is who approves, `proposal` says who proposed and why.
    Its data stands in the proposal as given, so it has no personal values: they belong into the proposal's note.
    """

    proposal: ClassVar[ProposalMade]  # of an instance, once it is proposed

    def proposed_in(self, proposal: ProposalMade, requested_by: Command) -> Self:
        """The same command, decided at the instant of the proposal's or the approval's own decision."""
        return self.model_copy(update={"proposal": proposal, "decided_at": requested_by.decided_at})


def read_command(
    name: str, data: Mapping[str, Any], requested_by: Command, menu: Mapping[str, Handler]
) -> TwoPersonCommand:
    """The command of this name with this data, asked for by the same actor. Raises ValueError."""
    if name not in menu:
        raise ValueError(f"{name} is no command that takes two people. There are: {', '.join(menu)}")
    if envelope := sorted(data.keys() & Command.model_fields.keys()):
        raise ValueError(f"{', '.join(envelope)} belongs to the proposal, not into the data of {name}")
    command = menu[name].command.model_validate({**data, "id": requested_by.id, "actor": requested_by.actor})
    assert isinstance(command, TwoPersonCommand), f"{name} is on the wrong menu"
    return command


def proposed_command(proposal: ProposalMade, approval: Command, menu: Mapping[str, Handler]) -> TwoPersonCommand:
    """What was proposed, as the approval asks for it. Raises `ProposalOutdated` where this code has another form."""
    try:
        return read_command(proposal.command, proposal.data, approval, menu)
    except ValueError as error:
        why = complaint(error)
    raise ProposalOutdated(proposal_id=proposal.proposal_id, command=proposal.command, why=why)
