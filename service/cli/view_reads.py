"""Opens the ledger for a read. Brings the views up to date first, unless a running service follows the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
def reading(settings: Settings, projections: Sequence[Projection] = (), **filters: str | None) -> Iterator[App]:
    """Yields an app whose `projections` are up to date. Prints a warning for each view that has stopped.

    Raises `UnknownValue` for a filter value that does not exist.
    """
    from projections.engine.views import ViewBehind, incomplete

    asked = {name: value for name, value in filters.items() if value is not None}
    with opened(settings) as app:
        for projection in {each.name: each for each in (*projections, *_views_of(asked))}.values():
            try:
                app.catch_up([projection])
            except ViewBehind as behind:
                stderr().print(f"The following answer is not up to date: {behind}", style="yellow")
            for left_out in incomplete(projection, app.views.status(projection)):
                if left_out.why == "stopped":
                    continue  # it was said why
                stderr().print(f"The following answer is not complete: {left_out}.", style="yellow")
        _check(app, asked)
        yield app


def _views_of(asked: Iterable[str]) -> Sequence[Projection]:
    if not asked:
        return ()
    from service.questions.filters import views_of

    return views_of(asked)


def _check(app: App, asked: Mapping[str, str]) -> None:
    if asked:
        from service.questions.filters import check_filters

        check_filters(app, **asked)


@contextmanager
def one_order() -> Iterator[None]:
    """Turns `AmbiguousOrder` into a sentence that names the option `--merchant`."""
    from projections.tracking.tracking import AmbiguousOrder

    try:
        yield
    except AmbiguousOrder as several:
        raise ServiceFailure(f"{several} --merchant chooses.") from None
