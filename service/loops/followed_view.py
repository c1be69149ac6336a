"""The place of a timer in a view: after it has read a book whole, it reads only rows that changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.limits import BEFORE_ALL
from projections.engine.checkpoints import Checkpoint
from projections.engine.projection import Projection
from service.app import App


@dataclass(frozen=True, slots=True)
class _Place:
    """All rows up to `position` that were due by `due_by` were read, without the events in `parked`."""

    position: int
    parked: frozenset[int]
    due_by: datetime


class FollowedView:
    """The places of one timer in one view, by book. They are in memory, so a new process reads every book whole.

    A book is read whole again after an event of it was parked or unparked, because rows then change without a new
    position. With `whole_every`, all books are read whole that often, for answers that change without an event.
    """

    def __init__(self, app: App, projection: Projection, *, whole_every: timedelta | None = None) -> None:
        self._app, self._projection, self._whole_every = app, projection, whole_every
        self._places: dict[int, _Place] = {}
        self._next: dict[int, _Place] = {}
        self._whole_at: datetime | None = None

    def begin(
        self, books: Collection[int] | None = None, *, whole: bool = False, due_by: datetime | None = None
    ) -> Mapping[int, int]:
        """Begins a reading of these books, or of all: of the rows that are due by an instant, by default now. Returns
        the position of each book after which rows are new; 0 to read the book whole, and all books if `whole` is true.
        """
        now = self._app.clock()
        is_over = self._whole_every and (self._whole_at is None or now >= self._whole_at + self._whole_every)
        if whole or is_over:
            self._places, self._whole_at = {}, now
        found = self._app.views.status(self._projection, books)
        self._next = {book: _Place(each.position, each.parked, due_by or now) for book, each in found.items()}
        return {book: self._since(each) for book, each in found.items()}

    def due_after(self, *books: int) -> datetime:
        """Returns the instant after which rows that are due are new too: of several books, the earliest."""
        places = [self._places.get(book) for book in books]
        return min((place.due_by if place else BEFORE_ALL for place in places), default=BEFORE_ALL)

    def end(self, book: int) -> None:
        """Ends the reading of a book: all rows that it had when the reading began are read."""
        if book in self._next:
            self._places[book] = self._next[book]

    def end_all(self) -> None:
        """Ends the reading of all books."""
        self._places |= self._next

    def _since(self, found: Checkpoint) -> int:
        place = self._places.get(found.book)
        if place is None or place.parked != {position for position in found.parked if position <= place.position}:
            return 0
        return place.position
