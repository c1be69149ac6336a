"""`redledger propose`, `approve` and `reject`: commands that take two people."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer

from service.cli.actor import ACTING, By, acting, say_proposed
from service.cli.books.periods import finished
from service.cli.options import takes_settings
from service.cli.output import stderr
from service.cli.submission import fields_given
from service.failures import accepted
from service.settings import Settings

ProposalId = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Id of the proposal, as `proposals` lists it.")]
InStream = Annotated[
    str | None, typer.Option("--stream", metavar="STREAM", help="Stream of the proposal, if two have the same id.")
]


@takes_settings(*ACTING)
def propose(
    settings: Settings,
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="Name of a command that takes two people, such as publish_policy.")
    ],
    reason: Annotated[str, typer.Option(metavar="WORD", help="Reason in one word, such as month_end.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FIELD=VALUE …", help="Fields of the command. A value that begins with [ or { is read as JSON."
        ),
    ] = None,
    id: Annotated[
        str,
        typer.Option(
            "--id", help="Id of the proposal. The same id always gets the same answer.", show_default="a new one"
        ),
    ] = "",
    by: By = None,
) -> None:
    """Propose a command that takes two people. It is executed when another person approves it.

    redledger propose publish_policy key=return_window content={"window":"P30D"} effective_from=2026-12-01T00:00:00Z
    --reason longer_return --by fay
    """
    from service.finance.proposals import propose as do_propose

    with acting(settings, by) as (app, actor):
        say_proposed(do_propose(app.bus, command, fields_given(fields or []), reason=reason, by=actor, proposal_id=id))


@takes_settings(*ACTING)
def approve(settings: Settings, proposal_id: ProposalId, by: By = None, stream: InStream = None) -> None:
    """Approve a proposal of another person. The command is executed now, under both names."""
    from ledger.ids import periods_stream
    from service.finance.period_close import PeriodClose
    from service.finance.proposals import approve as do_approve
    from service.finance.proposals import stream_of

    with acting(settings, by) as (app, actor):
        where = stream or stream_of(app.ledger, proposal_id)
        accepted(do_approve(app.bus, proposal_id, stream=where, by=actor))
        stderr().print(f"{proposal_id} is approved.")
        if where == periods_stream():
            finished(PeriodClose(app.ledger, app.bus).finish())


@takes_settings(*ACTING)
def reject(settings: Settings, proposal_id: ProposalId, by: By = None, stream: InStream = None) -> None:
    """Reject a proposal, or withdraw your own. Nothing is executed."""
    from commands.proposals.reject_proposal import RejectProposal
    from service.finance.proposals import stream_of

    with acting(settings, by) as (app, actor):
        about = {"in_stream": stream or stream_of(app.ledger, proposal_id), "proposal_id": proposal_id}
        command = {"id": f"reject-{uuid4().hex}", "actor": actor, **about}
        accepted(app.bus.submit([RejectProposal.model_validate(command)])[0])
    stderr().print(f"{proposal_id} is rejected.")
