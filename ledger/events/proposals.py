"""Requests that take two people: one proposes a command, another approves or rejects it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.sealed import Sealed


class ProposalMade(Event, name="proposal.made", version=1):
    """One person asks for a command that takes two. Nothing else is true until another person approves it.

    The proposal stands in the stream that the command writes. `data` is the command's own, valid when it was proposed.
    """

    proposal_id: Id
    command: Id
    data: dict[str, Any]
    reason: Id
    proposer: Actor
    note: Sealed[str] | None = None
    proposed_at: datetime


class ProposalApproved(Event, name="proposal.approved", version=1):
    """A second person agreed. The events of the command stand beside this one, in the same append."""

    proposal_id: Id
    command: Id
    proposer: Actor
    approver: Actor
    approved_at: datetime


class ProposalRejected(Event, name="proposal.rejected", version=1):
    """The proposal is closed without effect: a second person disagreed, or its maker took it back."""

    proposal_id: Id
    command: Id
    proposer: Actor
    rejecter: Actor
    note: Sealed[str] | None = None
    rejected_at: datetime
