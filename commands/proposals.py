"""What one person proposes and another decides: found open, and never decided by its maker."""

from __future__ import annotations

from typing import TypeVar

from ledger.finance_refusals import ProposalNotOpen
from ledger.streams.proposal import Proposal

T = TypeVar("T")


def open_proposal(proposal: Proposal[T] | None, proposal_id: str) -> T:
    """What was proposed, if it still waits for a decision. Raises `ProposalNotOpen`."""
    if proposal is None or not proposal.is_open:
        raise ProposalNotOpen(proposal_id=proposal_id, state=proposal.state if proposal else "never made")
    return proposal.event
