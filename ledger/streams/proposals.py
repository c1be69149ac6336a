"""A proposal that one person makes and another decides; every stream remembers those that were made in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.events.event import Event
from ledger.events.proposals import ProposalApproved, ProposalMade, ProposalRejected

ProposalState = Literal["proposed", "approved", "rejected"]
PREFIX = "proposal."  # of the events that `remember_proposal` knows


@dataclass(slots=True)
class Proposal:
    """What was proposed, by the event that says so, and what became of it."""

    event: ProposalMade
    state: ProposalState = "proposed"

    @property
    def is_open(self) -> bool:
        return self.state == "proposed"


def remember_proposal(proposals: dict[str, Proposal], event: Event) -> None:
    """Change what is remembered of the stream's proposals, if the event is about one."""
    match event:
        case ProposalMade():
            proposals[event.proposal_id] = Proposal(event)
        case ProposalApproved():
            proposals[event.proposal_id].state = "approved"
        case ProposalRejected():
            proposals[event.proposal_id].state = "rejected"
