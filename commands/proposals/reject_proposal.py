"""Rejecting a proposal, or taking it back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.proposals.proposals import ProposalCommand, open_proposal
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.proposals import ProposalRejected
from ledger.sealed import Sealed
from ledger.streams.stream import Stream


class RejectProposal(ProposalCommand, name="reject_proposal"):
    """Closes the proposal without effect. Its maker may do so too."""

    note: Sealed[str] | None = None


def decide(command: RejectProposal, stream: Stream, rules: Rules) -> Iterator[Event]:
    made = open_proposal(stream.proposals.get(command.proposal_id), command.proposal_id)
    yield ProposalRejected(
        proposal_id=made.proposal_id,
        command=made.command,
        proposer=made.proposer,
        rejecter=command.actor,
        note=command.note,
        rejected_at=command.decided_at,
    )
