"""Views that remember the positions of their last answer, for reads that return rows alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from projections.engine.projection import Projection
from projections.engine.views import Opened, Vector, Views

T = TypeVar("T")


class PositionTracker(Views):
    """Returns a tracker for one read of one request."""

    def __init__(self, views: Views) -> None:
        super().__init__(views.engine, views.log)
        self.waiting = views.waiting
        self.vector: dict[int, int] = {}

    def read(
        self,
        projection: Projection,
        query: Callable[[Opened], T],
        *,
        at_least: Vector | None = None,
        timeout_s: float = 5.0,
        past_stops: bool = False,
    ) -> T:
        def noted(opened: Opened) -> T:
            self.vector = opened.vector
            return query(opened)

        return super().read(projection, noted, at_least=at_least, timeout_s=timeout_s, past_stops=past_stops)
