"""Shared parts of commands that decide on a proposal."""

from __future__ import annotations

from commands.command import Command
from commands.open_breaks import StreamName
from ledger.events.proposals import ProposalMade
from ledger.ids import Id
from ledger.refusals.finance import ProposalNotOpen
from ledger.streams.proposals import Proposal


class ProposalCommand(Command):
    """A command on one proposal. `in_stream` is the stream that `proposals` lists it with."""

    in_stream: StreamName
    proposal_id: Id

    @property
    def stream(self) -> str:
        return self.in_stream


def open_proposal(proposal: Proposal | None, proposal_id: str) -> ProposalMade:
    """Returns the proposal if it is undecided. Raises `ProposalNotOpen`."""
    if proposal is None or not proposal.is_open:
        raise ProposalNotOpen(proposal_id=proposal_id, state=proposal.state if proposal else "never made")
    return proposal.event
