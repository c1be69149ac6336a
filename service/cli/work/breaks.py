"""`redledger break assign` and `break resolve`: what `reconciliation` and `exceptions` list, worked by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from service.cli.options import takes_settings
from service.cli.output import stderr
from service.cli.two_people import well_formed
from service.cli.view_reads import reading
from service.failures import accepted
from service.settings import Settings

if TYPE_CHECKING:
    from commands.command import Command

breaks = typer.Typer(no_args_is_help=True, help="Work a break: give it to somebody, close it with a reason.")
BreakId = Annotated[str, typer.Argument(metavar="BREAK", help="Its id, as `reconciliation` lists it.")]
By = Annotated[str, typer.Option("--by", metavar="ID", help="Who asks: a person of finance.")]
InStream = Annotated[
    str | None, typer.Option("--stream", metavar="STREAM", help="The stream it stands in, where two have the same id.")
]


@breaks.command()
@takes_settings()
def assign(
    settings: Settings,
    break_id: BreakId,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Who is to look into it.")],
    by: By,
    stream: InStream = None,
) -> None:
    """Give a break to somebody to look into."""
    from commands.reconciliation.assign_break import AssignBreak

    _work(settings, break_id, stream, AssignBreak, by, owner=to)
    stderr().print(f"{break_id} is for {to} to look into.")


@breaks.command()
@takes_settings()
def resolve(
    settings: Settings,
    break_id: BreakId,
    resolution: Annotated[
        str, typer.Option("--as", metavar="WORD", help="What it was, in one word, as in timing_difference.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it may be closed; stored sealed.")],
    by: By,
    stream: InStream = None,
) -> None:
    """Close a break with a reason. Money that is to move is adjusted apart from this."""
    from commands.reconciliation.resolve_break import ResolveBreak

    _work(settings, break_id, stream, ResolveBreak, by, resolution=resolution, reason=reason)
    stderr().print(f"{break_id} is closed as {resolution}.")


def _work(settings: Settings, break_id: str, stream: str | None, kind: type[Command], by: str, **said: str) -> None:
    from ledger.actors import Actor
    from service.finance.break_work import open_mismatch, work
    from service.finance.reconciliation import PROJECTIONS

    with reading(settings, PROJECTIONS) as app, well_formed():
        found = open_mismatch(app, break_id, stream)
        actor = Actor(kind="platform", id=by, role="finance")
        about = {"in_stream": found.stream, "break_id": found.break_id}
        envelope = {"id": f"cli-{uuid4().hex}", "actor": actor}
        accepted(work(app, found, kind.model_validate(envelope | about | said)))
