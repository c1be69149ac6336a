"""`redledger break assign` and `break resolve`: people work the breaks of `reconciliation` and `exceptions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from service.cli.actor import ACTING, By, actor_of, well_formed
from service.cli.options import takes_settings
from service.cli.output import stderr
from service.cli.view_reads import reading, views_named
from service.failures import accepted
from service.questions.registry import QUESTIONS
from service.settings import Settings

if TYPE_CHECKING:
    from commands.command import Command

breaks = typer.Typer(no_args_is_help=True, help="Work a break: assign it to a person, or close it with a reason.")
BreakId = Annotated[str, typer.Argument(metavar="BREAK", help="Id of the break, as `reconciliation` lists it.")]
InStream = Annotated[
    str | None, typer.Option("--stream", metavar="STREAM", help="Stream of the break, if two have the same id.")
]


@breaks.command()
@takes_settings(*ACTING)
def assign(
    settings: Settings,
    break_id: BreakId,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Person to assign it to.")],
    by: By = None,
    stream: InStream = None,
) -> None:
    """Assign a break to a person."""
    from commands.reconciliation.assign_break import AssignBreak

    _work(settings, break_id, stream, AssignBreak, by, owner=to)
    stderr().print(f"{break_id} is assigned to {to}.")


@breaks.command()
@takes_settings(*ACTING)
def resolve(
    settings: Settings,
    break_id: BreakId,
    resolution: Annotated[
        str, typer.Option("--as", metavar="WORD", help="Cause in one word, such as timing_difference.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Explanation; stored sealed.")],
    by: By = None,
    stream: InStream = None,
) -> None:
    """Close a break with a reason. It moves no money: post an adjustment separately."""
    from commands.reconciliation.resolve_break import ResolveBreak

    _work(settings, break_id, stream, ResolveBreak, by, resolution=resolution, reason=reason)
    stderr().print(f"{break_id} is closed as {resolution}.")


def _work(
    settings: Settings, break_id: str, stream: str | None, kind: type[Command], by: str | None, **said: str
) -> None:
    from service.finance.break_work import open_mismatch, work

    with reading(settings, views_named(QUESTIONS["reconciliation"].views)) as app, well_formed():
        found = open_mismatch(app, break_id, stream)
        actor = actor_of(app, by)
        about = {"in_stream": found.stream, "break_id": found.break_id}
        envelope = {"id": f"cli-{uuid4().hex}", "actor": actor}
        accepted(work(app, found, kind.model_validate(envelope | about | said)))
