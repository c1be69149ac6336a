"""`redledger rebuild`, its steps `redledger view …` and `redledger verify-views`: fold views again and compare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import progress_bar, show, stderr, stdout
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import COMPARED_VIEWS

if TYPE_CHECKING:
    from projections.engine.candidates import Filling
    from projections.engine.compare import Comparison
    from projections.engine.projection import Projection
    from projections.engine.rebuild import Rebuilt
    from service.app import App

T = TypeVar("T")
_WAY_BACK = "Correct the code, or park the event's effect: `redledger park effect --help`."

view = typer.Typer(no_args_is_help=True, help="Rebuild a view step by step. `redledger generations` shows its tables.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="Name of the view, such as merchant_balances. `redledger status` lists all views."
    ),
]
OptionalName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="Name of the view, such as merchant_balances. `redledger status` lists all views."
    ),
]
Every = Annotated[bool, typer.Option("--all", help="All views.")]
Dask = Annotated[
    str,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Address of a Dask scheduler, such as tcp://10.0.0.7:8786: its workers fold the books, instead of"
        " processes of this machine.",
    ),
]
Throttle = Annotated[
    float,
    typer.Option(
        "--throttle",
        metavar="SHARE",
        min=0.01,
        max=1,
        help="Share of its time that each process folds, so that live commands keep their latency. 1 is full speed.",
    ),
]
AcceptDifferences = Annotated[
    bool, typer.Option("--accept-differences", help="Switch although the rebuilt view differs from the live one.")
]


@takes_settings()
def rebuild_views(
    settings: Settings,
    name: OptionalName = None,
    every: Every = False,
    accept_differences: AcceptDifferences = False,
    throttle: Throttle = 1,
    dask: Dask = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Fold a view again beside the live one, compare the two, and switch if they are the same.

    The live view answers meanwhile. If the two differ, the rows are listed and nothing is switched: the rebuilt rows
    are kept as a candidate. A new version of a view may differ on purpose: switch to it with --accept-differences. A
    rebuild that was cut off goes on where it stopped. The tables that were live before are kept as the old ones.
    """
    from projections.engine.rebuild import rebuild

    def work(app: App, projection: Projection, filling: Filling) -> Rebuilt:
        ledger = app.ledger
        return rebuild(ledger.engine, ledger.reader, projection, filling, accept_differences=accept_differences)

    _show_rebuilt(*_each(settings, _chosen(name, every=every), work, _Means(throttle, dask), together=True), format)


@view.command("fill")
@takes_settings()
def fill_view(settings: Settings, name: Name, throttle: Throttle = 1, dask: Dask = "") -> None:
    """Fold a view again beside the live one, as its candidate. A fill that was cut off goes on where it stopped."""
    from projections.engine.rebuild import fill_candidate

    def work(app: App, projection: Projection, filling: Filling) -> None:
        fill_candidate(app.ledger.engine, projection, filling)

    _, problems = _each(settings, _chosen(name), work, _Means(throttle, dask))
    _end(problems)


@view.command("compare")
@takes_settings()
def compare_view(
    settings: Settings,
    name: Name,
    throttle: Throttle = 1,
    dask: Dask = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Compare the candidate with the live view, row by row at the same positions. Ends with 0 only if all are the
    same."""
    from projections.engine.rebuild import compare_candidate

    def work(app: App, projection: Projection, filling: Filling) -> Comparison:
        return compare_candidate(app.ledger.engine, projection, filling)

    found, problems = _each(settings, _chosen(name), work, _Means(throttle, dask))
    _show_compared(found, format)
    if any(comparison.count for _, comparison in found):
        problems.append(f"`redledger view switch {name} --accept-differences` switches to the candidate all the same.")
    _end(problems)


@view.command("switch")
@takes_settings()
def switch_view(
    settings: Settings,
    name: Name,
    accept_differences: AcceptDifferences = False,
    throttle: Throttle = 1,
    dask: Dask = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Compare the candidate once more and make it live, in one transaction. The tables before are kept as the old
    ones."""
    from projections.engine.rebuild import switch

    def work(app: App, projection: Projection, filling: Filling) -> Rebuilt:
        ledger = app.ledger
        return switch(ledger.engine, ledger.reader, projection, filling, accept_differences=accept_differences)

    _show_rebuilt(*_each(settings, _chosen(name), work, _Means(throttle, dask)), format)


@view.command("discard")
@takes_settings()
def discard_view(settings: Settings, name: Name) -> None:
    """Throw the candidate of a view away. The live view is left as it is."""
    from projections.engine.rebuild import discard

    found, problems = _each(settings, _chosen(name), lambda app, each, _: discard(app.ledger.engine, each))
    _show_dropped(found, "candidate")
    _end(problems)


@view.command("drop-old")
@takes_settings()
def drop_old_views(settings: Settings, name: OptionalName = None, every: Every = False) -> None:
    """Drop the tables that were live before the last rebuild."""
    from projections.engine.rebuild import drop_old

    chosen = _chosen(name, every=every)
    found, problems = _each(settings, chosen, lambda app, each, _: drop_old(app.ledger.engine, each))
    _show_dropped(found, "old generation")
    _end(problems)


@takes_settings()
def verify_views(settings: Settings, format: FormatOption = Format.TABLE) -> None:
    """Compare every view, row by row, with a temporary rebuild. Ends with 0 only if all are the same."""
    from projections.engine.rebuild import verify
    from projections.registry import PROJECTIONS

    found, problems = _each(
        settings,
        list(PROJECTIONS.values()),
        lambda app, each, filling: verify(app.ledger.engine, each, filling),
        up_to_date=True,
    )
    _show_compared(found, format)
    if names := ", ".join(projection.name for projection, comparison in found if comparison.count):
        problems.append(
            f"These views differ from the log: {names}. `redledger rebuild` lists the rows and corrects them."
        )
    _end(problems)


@dataclass(frozen=True, slots=True)
class _Means:
    """Where and how fast books are folded."""

    throttle: float = 1
    dask: str = ""

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        from projections.engine.processes import fold_processes
        from service.views.dask_cluster import dask_cluster

        with dask_cluster(self.dask) if self.dask else fold_processes() as executor:
            yield executor

    @contextmanager
    def filling(self, what: str, executor: Executor) -> Iterator[Filling]:
        from projections.engine.candidates import Filling
        from projections.engine.fill import Pace

        with progress_bar(what, "events") as advance:
            yield Filling(executor, advance, Pace(self.throttle))


_IN_PROCESSES = _Means()


def _each(
    settings: Settings,
    projections: Sequence[Projection],
    work: Callable[[App, Projection, Filling], T],
    means: _Means = _IN_PROCESSES,
    *,
    up_to_date: bool = False,
    together: bool = False,
) -> tuple[list[tuple[Projection, T]], list[str]]:
    """Returns the result of the work for each view, and the problem of each view that failed. A failed view does not
    stop the others."""
    from projections.engine.candidates import NoCandidate, RebuildUnderWay
    from projections.engine.fill import CannotApplyEvent, CannotFill
    from projections.engine.projection import Projection
    from projections.engine.rebuild import NeverBackwards, ViewsDiffer

    found, problems = list[tuple[Projection, T]](), list[str]()
    with reading(settings, projections if up_to_date else ()) as app, means.executor() as executor:
        if together and len(projections) > 1:
            _fill_together(app, projections, means, executor)
        for projection in projections:
            try:
                with means.filling(projection.name, executor) as filling:
                    found.append((projection, work(app, projection, filling)))
            except CannotApplyEvent as problem:
                problems.append(f"{problem}. {_WAY_BACK}")
            except (ViewsDiffer, NeverBackwards, NoCandidate, RebuildUnderWay, CannotFill) as problem:
                problems.append(f"{problem}")
    return found, problems


def _fill_together(app: App, projections: Sequence[Projection], means: _Means, executor: Executor) -> None:
    """Fills all candidates at once, because each event is then read once. Each view is then rebuilt from there, and
    names what this could not do."""
    from projections.engine.candidates import RebuildUnderWay
    from projections.engine.fill import CannotFill
    from projections.engine.rebuild import fill_candidates

    with suppress(RebuildUnderWay, CannotFill), means.filling(f"{len(projections)} views", executor) as filling:
        fill_candidates(app.ledger.engine, projections, filling)


def _end(problems: Sequence[str]) -> None:
    """Raises `ServiceFailure` where there is one."""
    if problems:
        raise ServiceFailure("\n".join(problems))


def _chosen(name: str | None, *, every: bool = False) -> list[Projection]:
    from projections.registry import PROJECTIONS

    if every is (name is not None):
        raise typer.BadParameter("name one view, or all of them with --all")
    if name is not None and name not in PROJECTIONS:
        raise typer.BadParameter(f"there is no view {name!r}: {', '.join(PROJECTIONS)}")
    return list(PROJECTIONS.values()) if name is None else [PROJECTIONS[name]]


def _show_rebuilt(found: Sequence[tuple[Projection, Rebuilt]], problems: Sequence[str], format: Format) -> None:
    show(COMPARED_VIEWS, [_row(projection, done.comparison) for projection, done in found], format)
    _end([*problems, *(f"{done.stopped}. {_WAY_BACK}" for _, done in found if done.stopped)])


def _show_compared(found: Sequence[tuple[Projection, Comparison]], format: Format) -> None:
    show(COMPARED_VIEWS, [_row(projection, comparison) for projection, comparison in found], format)
    for _, comparison in found:
        for difference in comparison.differences:
            stderr().print(str(difference), soft_wrap=True)


def _show_dropped(found: Sequence[tuple[Projection, int]], what: str) -> None:
    for projection, dropped in found:
        stdout().print(f"{projection.name}: {'dropped its' if dropped else 'had no'} {what}.", soft_wrap=True)


def _row(projection: Projection, comparison: Comparison) -> dict[str, Any]:
    return {
        "view": projection.name,
        "version": projection.version,
        "events": sum(comparison.vector.values()),
        "rows": comparison.rows,
        "differences": comparison.count,
    }
