"""Opens the ledger for a read. Brings the views up to date first, unless a running service follows the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli.demonstration import opened
from service.cli.output import stderr
from service.failures import ServiceFailure
from service.settings import Settings

if TYPE_CHECKING:
    from projections.engine.projection import Projection
    from service.app import App


@contextmanager
def reading(settings: Settings, projections: Sequence[Projection] = ()) -> Iterator[App]:
    """Yields an app whose `projections` are up to date. Prints a warning for each view that has stopped."""
    with opened(settings) as app:
        catch_up(app, projections)
        yield app


def catch_up(app: App, projections: Sequence[Projection]) -> None:
    """Brings the views up to date. Prints a warning for each that has stopped."""
    from projections.engine.views import ViewBehind, incomplete

    for projection in {each.name: each for each in projections}.values():
        try:
            app.catch_up([projection])
        except ViewBehind as behind:
            stderr().print(f"The following answer is not up to date: {behind}", style="yellow")
        for left_out in incomplete(projection, app.views.status(projection)):
            if left_out.why == "stopped":
                continue  # it was said why
            stderr().print(f"The following answer is not complete: {left_out}.", style="yellow")


def views_named(names: Sequence[str]) -> list[Projection]:
    from projections.registry import PROJECTIONS

    return [PROJECTIONS[name] for name in names]


@contextmanager
def one_order() -> Iterator[None]:
    """Turns `AmbiguousOrder` into a sentence that names the option `--merchant`."""
    from projections.tracking.tracking import AmbiguousOrder

    try:
        yield
    except AmbiguousOrder as several:
        raise ServiceFailure(f"{several} --merchant chooses.") from None
