"""Proposals of the command line and the simulator: made, found in the log, and decided.

They are found in the log itself, so that a view that stopped prevents no decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.proposals.approve_proposal import ApproveProposal
from commands.proposals.propose import Propose
from ledger.actors import Actor
from ledger.events.proposals import ProposalMade
from ledger.ledger import Ledger
from ledger.log.engine import cursor_of
from service.failures import ServiceFailure

# The payload is canonical JSON and an id holds nothing that JSON escapes: nothing need be parsed.
_FIND = "SELECT DISTINCT stream FROM log.events WHERE type = %(type)s AND strpos(payload, %(id)s) > 0 ORDER BY stream"


def stream_of(ledger: Ledger, proposal_id: str) -> str:
    """Returns the stream of a proposal. Raises `ServiceFailure` if there is none, or more than one."""
    with cursor_of(ledger.engine) as cursor:
        cursor.execute(_FIND, {"type": ProposalMade.name, "id": f'"proposal_id":"{proposal_id}"'})
        streams = [stream for (stream,) in cursor.fetchall()]
    if not streams:
        raise ServiceFailure(f"Proposal {proposal_id!r} does not exist. `redledger proposals` lists the open ones.")
    if len(streams) > 1:
        raise ServiceFailure(
            f"Several proposals have the id {proposal_id!r}. Choose one with --stream: {', '.join(streams)}."
        )
    (stream,) = streams
    return str(stream)


def propose(
    bus: Bus, command: str, data: Mapping[str, Any], *, reason: str, by: Actor, proposal_id: str = ""
) -> Outcome:
    """Proposes a command that takes two people. The id of the outcome is the id of the proposal."""
    proposal_id = proposal_id or f"P-{uuid4().hex[:12]}"
    asked = {"proposal_id": proposal_id, "command": command, "data": dict(data), "reason": reason}
    (outcome,) = bus.submit([Propose.model_validate({"id": proposal_id, "actor": by, **asked})])
    return outcome


def approve(bus: Bus, proposal_id: str, *, stream: str, by: Actor, id: str = "") -> Outcome:
    """Approves or rejects a proposal as `by`, who must not be the proposer. Without an id, each call is a new
    decision."""
    command_id = id or f"approve-{uuid4().hex}"
    (outcome,) = bus.submit([ApproveProposal(id=command_id, actor=by, in_stream=stream, proposal_id=proposal_id)])
    return outcome
