"""`redledger approve` and `redledger reject`: a second person decides what `proposals` and `parked` list."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer

from commands.approve_proposal import ApproveProposal
from commands.proposals import ProposalCommand
from commands.reject_proposal import RejectProposal
from ledger.who import Actor
from service.app import App, open_app
from service.cli.options import takes_settings
from service.cli.output import stderr
from service.cli.periods import well_formed
from service.failures import ServiceFailure
from service.proposals import stream_of
from service.settings import Settings

ProposalId = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Its id, as `proposals` lists it.")]
By = Annotated[str, typer.Option("--by", metavar="ID", help="Who decides: not who proposed it.")]
InStream = Annotated[
    str | None, typer.Option("--stream", metavar="STREAM", help="The stream it stands in, where two have the same id.")
]


@takes_settings()
def approve(settings: Settings, proposal_id: ProposalId, by: By, stream: InStream = None) -> None:
    """Approve what somebody else proposed: it happens now, under both names."""
    with open_app(settings) as app, well_formed():
        _decide(app, ApproveProposal, proposal_id, by, stream)
    stderr().print(f"{proposal_id} is approved.")


@takes_settings()
def reject(settings: Settings, proposal_id: ProposalId, by: By, stream: InStream = None) -> None:
    """Reject what was proposed, or take it back: nothing happens."""
    with open_app(settings) as app, well_formed():
        _decide(app, RejectProposal, proposal_id, by, stream)
    stderr().print(f"{proposal_id} is rejected.")


def _decide(app: App, kind: type[ProposalCommand], proposal_id: str, by: str, stream: str | None) -> None:
    actor = Actor(kind="platform", id=by, role="finance")
    about = {"in_stream": stream or stream_of(app.ledger, proposal_id), "proposal_id": proposal_id}
    (outcome,) = app.bus.submit([kind.model_validate({"id": f"cli-{uuid4().hex}", "actor": actor, **about})])
    if outcome.status != "recorded":
        raise ServiceFailure(f"{outcome.sentence} {outcome.remedy} ({outcome.code})")
