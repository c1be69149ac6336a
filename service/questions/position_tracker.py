"""Views of one question: every read waits for the caller's positions, and the positions that were read are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from projections.engine.progress import Books
from projections.engine.projection import Projection
from projections.engine.views import Held, Opened, Vector, Views

T = TypeVar("T")


class PositionTracker(Views):
    """Returns views for one question, of the books that it is about. `vector` holds the furthest position read in each
    book, and what is left out; `read_views` are the names of the views that were read."""

    def __init__(self, views: Views, *, at_least: Vector | None, timeout_s: float, books: Books) -> None:
        super().__init__(views.engine, views.log, views.part)
        self._views, self.waiting = views, views.waiting
        self.vector = Held({})
        self.read_views: set[str] = set()
        self._at_least, self._timeout_s, self._books = at_least or {}, timeout_s, books

    def read(
        self,
        projection: Projection,
        query: Callable[[Opened], T],
        *,
        at_least: Vector | None = None,
        timeout_s: float | None = None,
        past_stops: bool = False,
        books: Books = None,
    ) -> T:
        def noted(opened: Opened) -> T:
            self._note(opened.vector)
            return query(opened)

        self.read_views.add(projection.name)
        wanted = dict(self._at_least)
        for book, position in (at_least or {}).items():
            wanted[book] = max(position, wanted.get(book, 0))
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        books = self._books if books is None else books
        return self._views.read(
            projection, noted, at_least=wanted, timeout_s=timeout_s, past_stops=past_stops, books=books
        )

    def _note(self, found: Held) -> None:
        positions = {book: max(at, self.vector.get(book, 0)) for book, at in found.items()}
        left_out = dict.fromkeys((*self.vector.incomplete, *found.incomplete))
        self.vector = Held({**self.vector, **positions}, left_out)
