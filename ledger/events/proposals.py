"""Proposals: one person proposes a command that takes two people, and another approves or rejects it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.sealed import Sealed


class ProposalMade(Event, name="proposal.made", version=1):
    """One person has proposed a command that takes two people. Nothing else has changed yet.

    The proposal is in the stream that the command writes to. `data` is the command's data; it was valid when it was
    proposed.
    """

    proposal_id: Id
    command: Id
    data: dict[str, Any]
    reason: Id
    proposer: Actor
    note: Sealed[str] | None = None
    proposed_at: datetime


class ProposalApproved(Event, name="proposal.approved", version=1):
    """A second person has approved the proposal. The events of the command follow in the same append."""

    proposal_id: Id
    command: Id
    proposer: Actor
    approver: Actor
    approved_at: datetime


class ProposalRejected(Event, name="proposal.rejected", version=1):
    """The proposal is closed without effect: a second person rejected it, or the proposer withdrew it."""

    proposal_id: Id
    command: Id
    proposer: Actor
    rejecter: Actor
    note: Sealed[str] | None = None
    rejected_at: datetime
