"""Opens the ledger for a read: the views are brought up to date first, unless a service follows already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli.demonstration import opened
from service.cli.output import stderr
from service.settings import Settings

if TYPE_CHECKING:
    from projections.projection import Projection
    from service.app import App


@contextmanager
def reading(settings: Settings, projections: Sequence[Projection] = ()) -> Iterator[App]:
    """An app whose `projections` hold what was recorded by now. One that stopped is read as it is, with a warning."""
    from projections.engine.reading import ViewBehind, incomplete

    with opened(settings) as app:
        for projection in projections:
            try:
                app.catch_up([projection])
            except ViewBehind as behind:
                stderr().print(f"What follows is not up to date: {behind}", style="yellow")
            for left_out in incomplete(projection, app.views.status(projection)):
                if left_out.why == "stopped":
                    continue  # it was said why
                stderr().print(f"What follows is not complete: {left_out}.", style="yellow")
        yield app
