"""The way into the views: reads that wait for what their caller has written, and say what positions they are of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from ledger.log.database_errors import DatabaseTrouble
from ledger.log.directory import Directory
from projections.engine.checkpoints import Checkpoint
from projections.engine.control import NOT_PREPARED
from projections.engine.fold import Log
from projections.engine.generations import Generation
from projections.engine.progress import opened, progress
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable

T = TypeVar("T")
Vector = Mapping[int, int]  # book → position
_FIRST_PAUSE_S, _SLOWER_BY, _LONGEST_PAUSE_S = 0.001, 1.2, 0.05


MOST_WAITING = 8  # readers of one process that wait for a view at the same time


class TooManyWaiting(Exception):
    """As many readers wait for views as may at a time: ask again, or ask without `at_least`."""


class ViewBehind(Exception):
    """A view did not get as far as was asked for within the time that was given."""


class Held(dict[int, int]):
    """Where a view stands, book → position, and what it leaves out up to there: it is incomplete by that."""

    def __init__(self, positions: Vector, incomplete: Iterable[Incomplete] = ()) -> None:
        super().__init__(positions)
        self.incomplete = tuple(incomplete)

    def short_in(self) -> dict[int, Incomplete]:
        """The books in which the view has stopped short of these positions, and at what."""
        return {each.book: each for each in self.incomplete if each.why == "stopped"}


@dataclass(frozen=True, slots=True)
class Incomplete:
    """An event that a view leaves out because its effect is parked; or the first of those that it has stopped at."""

    view: str
    book: int
    position: int
    why: Literal["parked", "stopped"] = "parked"

    def __str__(self) -> str:
        if self.why == "stopped":
            return f"{self.view} has stopped at position {self.position} of book {self.book}"
        return f"{self.view} leaves out position {self.position} of book {self.book}, which is parked"


@dataclass(frozen=True, slots=True)
class Opened:
    """A view as one transaction sees it: its tables and the positions they are at belong together."""

    connection: Connection
    generation: Generation
    vector: Held

    def upto(self, positions: Vector | None) -> Held:
        """Where an answer stands that is of these positions; of the view's own, where none are asked for."""
        if positions is None:
            return self.vector
        left_out = [each for each in self.vector.incomplete if each.position <= positions.get(each.book, 0)]
        return Held(positions, left_out)

    def table(self, table: ViewTable) -> Table:
        return self.generation.table(table)


class _Behind:
    """What was asked for is not folded yet."""


class Views:
    """The views of one ledger: their connections (the ledger's), the log they are made from, and who is in which book.

    One for a process; safe to share between threads.
    """

    def __init__(self, engine: Engine, log: Log) -> None:
        self.engine = engine
        self.log = log
        self.directory = Directory(engine)
        self.waiting = BoundedSemaphore(MOST_WAITING)

    def read(
        self,
        projection: Projection,
        query: Callable[[Opened], T],
        *,
        at_least: Vector | None = None,
        timeout_s: float = 5.0,
        past_stops: bool = False,
    ) -> T:
        """What `query` finds, in one snapshot of the live view.

        With `past_stops` a book in which the view has stopped is read as it is, so that it stops no reader of others;
        what is left out stands in `Opened.vector`. Raises `ViewBehind`, `ViewOutdated`, `TooManyWaiting`.
        """
        found = self._twice(projection, lambda: self._read(projection, query, at_least or {}, past_stops))
        if isinstance(found, _Behind):
            self._wait_in_turn(projection, at_least or {}, timeout_s, past_stops)
            found = self._twice(projection, lambda: self._read(projection, query, {}))
        assert not isinstance(found, _Behind), "nothing was asked for that it could be behind"
        return found

    def _wait_in_turn(self, projection: Projection, at_least: Vector, timeout_s: float, past_stops: bool) -> None:
        """Wait, if not too many do already: each holds a thread."""
        if not self.waiting.acquire(blocking=False):
            raise TooManyWaiting(f"{MOST_WAITING} readers wait already, which is all at a time. Ask again in a moment.")
        try:
            self.wait_for(projection, at_least, timeout_s=timeout_s, past_stops=past_stops)
        finally:
            self.waiting.release()

    def wait_for(
        self, projection: Projection, at_least: Vector, *, timeout_s: float = 5.0, past_stops: bool = False
    ) -> None:
        """Return when the view has folded these positions, with `past_stops` those of books in which it has not
        stopped. Raises `ViewBehind` when it has not in that time."""
        give_up, pause = time.monotonic() + timeout_s, _FIRST_PAUSE_S
        while missing := _missing(known := self.status(projection), at_least, past_stops):
            stopped = [known[book].reason for book in missing if book in known and known[book].status == "stopped"]
            if stopped or time.monotonic() >= give_up:
                reason = f"it stopped at {stopped[0]}" if stopped else f"it is not there after {timeout_s:g} s"
                positions = {book: checkpoint.position for book, checkpoint in known.items()}
                raise ViewBehind(f"{projection.name} at {positions} was asked for {missing}: {reason}")
            time.sleep(pause)
            pause = min(pause * _SLOWER_BY, _LONGEST_PAUSE_S)

    def as_known_at(self, instant: datetime, books: Iterable[int] | None = None) -> dict[int, int]:
        """The vector of positions, of every book or of these, that was recorded by then.

        Raises ValueError for an instant that has not come yet.
        """
        return self.log.positions_as_known_at(instant, books)

    def status(self, projection: Projection) -> dict[int, Checkpoint]:
        """Where the live view stands, by book. Raises `ViewOutdated`."""
        return self._twice(projection, lambda: progress(self.engine, projection)).checkpoints

    def _read(
        self, projection: Projection, query: Callable[[Opened], T], at_least: Vector, past_stops: bool = False
    ) -> T | _Behind:
        with opened(self.engine, projection) as (connection, known):
            if known:
                if _missing(known.checkpoints, at_least, past_stops):
                    return _Behind()
                held = Held(known.positions, incomplete(projection, known.checkpoints))
                return query(Opened(connection, known.generation, held))
        progress(self.engine, projection)  # made live, for it was never folded
        return self._read(projection, query, at_least, past_stops)

    def _twice(self, projection: Projection, read: Callable[[], T]) -> T:
        """Once more where a rebuild dropped the generation under our feet, for there is a newer one, or the line broke,
        or nothing was ever folded here."""
        try:
            return read()
        except DatabaseTrouble as trouble:
            if not trouble.retryable:
                raise
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) not in NOT_PREPARED:
                raise
        progress(self.engine, projection)
        return read()


def incomplete(projection: Projection, known: Mapping[int, Checkpoint]) -> list[Incomplete]:
    """What the view leaves out, in order."""
    found: list[Incomplete] = []
    for book, checkpoint in sorted(known.items()):
        found += [Incomplete(projection.name, book, position) for position in sorted(checkpoint.parked)]
        if checkpoint.status == "stopped":
            found.append(Incomplete(projection.name, book, checkpoint.position + 1, "stopped"))
    return found


def _missing(known: Mapping[int, Checkpoint], at_least: Vector, past_stops: bool) -> dict[int, int]:
    """Which of these positions the view has not reached and is to be waited for."""
    return {
        book: position
        for book, position in at_least.items()
        if (at := known.get(book, Checkpoint(book))).position < position and not (past_stops and at.status == "stopped")
    }
