"""Approving a proposal: what was proposed happens."""

from __future__ import annotations

from collections.abc import Iterator

from commands.proposable import PROPOSABLE
from commands.proposals.proposals import ProposalCommand, open_proposal
from commands.rules import Rules
from commands.two_people import proposed_command
from ledger.events.event import Event
from ledger.events.proposals import ProposalApproved
from ledger.refusals.catalogue import Refusal
from ledger.streams.stream import Stream


class ApproveProposal(ProposalCommand, name="approve_proposal"):
    """A second person agrees. The proposed command is decided now, and refused where it no longer holds."""

    def reads_of(self, stream: Stream) -> tuple[str, ...]:
        """The streams and guards that the proposed command rests on."""
        found = stream.proposals.get(self.proposal_id)
        try:
            return proposed_command(found.event, self, PROPOSABLE).reads if found else ()
        except Refusal:
            return ()  # `decide` says so


def decide(command: ApproveProposal, stream: Stream, rules: Rules) -> Iterator[Event]:
    made = open_proposal(stream.proposals.get(command.proposal_id), command.proposal_id)
    asked, line = proposed_command(made, command, PROPOSABLE).proposed_in(made, command), PROPOSABLE[made.command]
    line.authority.expect_second(made.proposer, command.actor)
    yield ProposalApproved(
        proposal_id=made.proposal_id,
        command=made.command,
        proposer=made.proposer,
        approver=command.actor,
        approved_at=command.decided_at,
    )
    yield from line.decide_if_allowed(asked, stream, rules)
