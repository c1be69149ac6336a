"""What one person proposes and another decides: found open, and never decided by its maker."""

from __future__ import annotations

from commands.command import Command
from commands.open_breaks import StreamName
from ledger.events.proposals import ProposalMade
from ledger.ids import Id
from ledger.refusals.finance import ProposalNotOpen
from ledger.streams.proposals import Proposal


class ProposalCommand(Command):
    """A decision about one proposal; `in_stream` is the stream that `proposals` lists it with."""

    in_stream: StreamName
    proposal_id: Id

    @property
    def stream(self) -> str:
        return self.in_stream


def open_proposal(proposal: Proposal | None, proposal_id: str) -> ProposalMade:
    """What was proposed, if it still waits for a decision. Raises `ProposalNotOpen`."""
    if proposal is None or not proposal.is_open:
        raise ProposalNotOpen(proposal_id=proposal_id, state=proposal.state if proposal else "never made")
    return proposal.event
