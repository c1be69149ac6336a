"""Proposals of a stream. Every stream keeps the proposals that were made in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.events.event import Event
from ledger.events.proposals import ProposalApproved, ProposalMade, ProposalRejected

ProposalState = Literal["proposed", "approved", "rejected"]
PREFIX = "proposal."  # of the names of events that `remember_proposal` applies


@dataclass(slots=True)
class Proposal:
    """A proposal and its state."""

    event: ProposalMade
    state: ProposalState = "proposed"

    @property
    def is_open(self) -> bool:
        return self.state == "proposed"


def remember_proposal(proposals: dict[str, Proposal], event: Event) -> None:
    """Applies the event to the stream's proposals, if it is an event of a proposal."""
    match event:
        case ProposalMade():
            proposals[event.proposal_id] = Proposal(event)
        case ProposalApproved():
            proposals[event.proposal_id].state = "approved"
        case ProposalRejected():
            proposals[event.proposal_id].state = "rejected"
