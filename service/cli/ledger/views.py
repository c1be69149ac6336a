"""`redledger rebuild` and `redledger verify-views`: fold views again from the first event, and compare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show, stderr
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import COMPARED_VIEWS

if TYPE_CHECKING:
    from projections.engine.compare import Comparison
    from projections.engine.projection import Projection
    from projections.engine.rebuild import Rebuilt
    from service.app import App

T = TypeVar("T")
_WAY_BACK = "Correct the code, or park the event's effect: `redledger park effect --help`."


@takes_settings()
def rebuild_views(
    settings: Settings,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of the view, such as merchant_balances. `redledger status` lists all views."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All views.")] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Switch although the rebuilt view differs from the live one.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Fold a view again beside the live one, compare the two, and switch if they are the same.

    The live view answers meanwhile. If the two differ, the rows are listed and nothing is switched. A new version of
    a view may differ on purpose: switch to it with --accept-differences.
    """
    from projections.engine.processes import fold_processes

    chosen = _chosen(name, every=every)
    with reading(settings) as app, fold_processes() as pool:
        found, problems = _each(chosen, lambda each: _rebuilt(app, each, pool, accept_differences=accept_differences))
    show(COMPARED_VIEWS, [_row(projection, done.comparison) for projection, done in found], format)
    _end([*problems, *(f"{done.stopped}. {_WAY_BACK}" for _, done in found if done.stopped)])


@takes_settings()
def verify_views(settings: Settings, format: FormatOption = Format.TABLE) -> None:
    """Compare every view, row by row, with a temporary rebuild. Ends with 0 only if all are the same."""
    from projections.engine.processes import fold_processes
    from projections.engine.rebuild import verify
    from projections.registry import PROJECTIONS

    projections = list(PROJECTIONS.values())
    with reading(settings, projections) as app, fold_processes() as pool:
        found, problems = _each(projections, lambda each: verify(app.ledger.engine, each, executor=pool))
    show(COMPARED_VIEWS, [_row(projection, comparison) for projection, comparison in found], format)
    differing = [(projection, comparison) for projection, comparison in found if comparison.count]
    for _, comparison in differing:
        for difference in comparison.differences:
            stderr().print(str(difference), soft_wrap=True)
    if differing:
        names = ", ".join(projection.name for projection, _ in differing)
        problems.append(
            f"These views differ from the log: {names}. `redledger rebuild` lists the rows and corrects them."
        )
    _end(problems)


def _each(
    projections: Sequence[Projection], work: Callable[[Projection], T]
) -> tuple[list[tuple[Projection, T]], list[str]]:
    """Returns the result of the work for each view, and the problem of each view that failed. A failed view does not
    stop the others."""
    from projections.engine.fill import CannotApplyEvent, CannotFill
    from projections.engine.projection import Projection
    from projections.engine.rebuild import NeverBackwards, RebuildUnderWay, ViewsDiffer

    found, problems = list[tuple[Projection, T]](), list[str]()
    for projection in projections:
        try:
            found.append((projection, work(projection)))
        except CannotApplyEvent as problem:
            problems.append(f"{problem}. {_WAY_BACK}")
        except (ViewsDiffer, NeverBackwards, RebuildUnderWay, CannotFill) as problem:
            problems.append(f"{problem}")
    return found, problems


def _end(problems: Sequence[str]) -> None:
    """Raises `ServiceFailure` where there is one."""
    if problems:
        raise ServiceFailure("\n".join(problems))


def _chosen(name: str | None, *, every: bool) -> list[Projection]:
    from projections.registry import PROJECTIONS

    if every is (name is not None):
        raise typer.BadParameter("name one view, or all of them with --all")
    if name is not None and name not in PROJECTIONS:
        raise typer.BadParameter(f"there is no view {name!r}: {', '.join(PROJECTIONS)}")
    return list(PROJECTIONS.values()) if name is None else [PROJECTIONS[name]]


def _rebuilt(app: App, projection: Projection, pool: Executor, *, accept_differences: bool) -> Rebuilt:
    from projections.engine.rebuild import rebuild

    ledger = app.ledger
    return rebuild(ledger.engine, ledger.reader, projection, executor=pool, accept_differences=accept_differences)


def _row(projection: Projection, comparison: Comparison) -> dict[str, Any]:
    return {
        "view": projection.name,
        "version": projection.version,
        "events": sum(comparison.vector.values()),
        "rows": comparison.rows,
        "differences": comparison.count,
    }
