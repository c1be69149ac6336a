"""Reads of views: a read can wait for the caller's own writes, and its answer has the positions it was read at."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Literal, Self, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from ledger.log.database_errors import DatabaseTrouble
from ledger.log.directory import Directory
from projections.engine.checkpoints import Checkpoint
from projections.engine.control import NOT_PREPARED
from projections.engine.fold import Log
from projections.engine.generations import Generation
from projections.engine.part import part_of
from projections.engine.progress import Books, GenerationProgress, opened, progress, progress_by_name, progress_of_any
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable

T = TypeVar("T")
Vector = Mapping[int, int]  # book → position
FROM_THE_FIRST: Vector = {}
Why = Literal["parked", "stopped", "unfounded"]
_FIRST_PAUSE_S, _SLOWER_BY, _LONGEST_PAUSE_S = 0.001, 1.2, 0.05


MOST_WAITING = 8  # waiting readers in one process at a time


class TooManyWaiting(Exception):
    """The process has its maximum of waiting readers. Try again, or read without `at_least`."""


class ViewBehind(Exception):
    """A view did not reach the requested positions in time."""


class Held(dict[int, int]):
    """The positions of a view by book, and the events that it leaves out up to them."""

    def __init__(self, positions: Vector, incomplete: Iterable[Incomplete] = ()) -> None:
        super().__init__(positions)
        self.incomplete = tuple(incomplete)

    def short_in(self) -> dict[int, Incomplete]:
        """Returns the books in which the view has stopped before these positions, and the event of each stop."""
        return {each.book: each for each in self.incomplete if each.why == "stopped"}


@dataclass(frozen=True, slots=True)
class Incomplete:
    """An event that a view leaves out: parked, the first one after a stop, or (`unfounded`) one that rests on an event
    that had not happened yet on the day that was asked about."""

    view: str
    book: int
    position: int
    why: Why = "parked"

    def __str__(self) -> str:
        if self.why == "stopped":
            return f"{self.view} has stopped at position {self.position} of book {self.book}"
        because = "which is parked" if self.why == "parked" else "which rests on a later day"
        return f"{self.view} leaves out position {self.position} of book {self.book}, {because}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A view in one transaction: its tables, and the positions that they are at."""

    connection: Connection
    generation: Generation
    vector: Held

    @classmethod
    def at(cls, connection: Connection, known: GenerationProgress, part: Books = None) -> Opened:
        """Returns the view, or the part of these books, as it is in the transaction of the connection, in which its
        progress was read."""
        held = Held(known.positions, incomplete(known.generation.projection, known.checkpoints))
        return cls(connection, known.generation if part is None else part_of(known.generation, part), held)

    def upto(self, positions: Vector | None) -> Held:
        """Returns these positions with the events left out up to them, or the view's own positions for None."""
        if positions is None:
            return self.vector
        left_out = [each for each in self.vector.incomplete if each.position <= positions.get(each.book, 0)]
        return Held(positions, left_out)

    def table(self, table: ViewTable) -> Table:
        return self.generation.table(table)


class _Behind:
    """A marker: the requested positions are not folded yet."""


class Views:
    """The views of one ledger, with its database engine, its log and its directory of books.

    One for each process. Threads may share it. `part` are the only books that its reads see, None for all.
    """

    def __init__(self, engine: Engine, log: Log, part: Books = None) -> None:
        self.engine = engine
        self.log = log
        self.part = part
        self.directory = Directory(engine)
        self.waiting = BoundedSemaphore(MOST_WAITING)

    def within(self, books: Collection[int]) -> Self:
        """Returns views of which all reads see these books alone."""
        narrowed = copy(self)
        narrowed.log, narrowed.part = self.log.within(books), books
        return narrowed

    def read(
        self,
        projection: Projection,
        query: Callable[[Opened], T],
        *,
        at_least: Vector | None = None,
        timeout_s: float = 5.0,
        past_stops: bool = False,
        books: Books = None,
    ) -> T:
        """Returns the result of `query` in one snapshot of the live view. `books` are those that the query reads, None
        for all; `Opened.vector` has no others.

        With `past_stops`, a book whose view has stopped is read as far as it is folded; `Opened.vector` names the stop.
        Raises `ViewBehind`, `ViewOutdated` and `TooManyWaiting`.
        """
        books = self.part if books is None else books
        wanted = {book: at for book, at in (at_least or {}).items() if books is None or book in books}
        found = self._twice(projection, lambda: self._read(projection, query, wanted, past_stops, books), books)
        if isinstance(found, _Behind):
            self._wait_in_turn(projection, wanted, timeout_s, past_stops)
            found = self._twice(projection, lambda: self._read(projection, query, {}, past_stops, books), books)
        assert not isinstance(found, _Behind), "nothing was asked for that it could be behind"
        return found

    def _wait_in_turn(self, projection: Projection, at_least: Vector, timeout_s: float, past_stops: bool) -> None:
        """Waits, unless too many readers already wait, because each of them holds a thread."""
        if not self.waiting.acquire(blocking=False):
            raise TooManyWaiting(f"{MOST_WAITING} readers already wait, the most at a time. Try again in a moment.")
        try:
            self.wait_for(projection, at_least, timeout_s=timeout_s, past_stops=past_stops)
        finally:
            self.waiting.release()

    def wait_for(
        self, projection: Projection, at_least: Vector, *, timeout_s: float = 5.0, past_stops: bool = False
    ) -> None:
        """Returns when the view has folded these positions; with `past_stops`, stopped books are left out.

        Raises `ViewBehind` if it has not within `timeout_s`, or has stopped.
        """
        give_up, pause = time.monotonic() + timeout_s, _FIRST_PAUSE_S
        while missing := not_reached(known := self.status(projection, at_least), at_least, past_stops):
            stopped = [known[book].reason for book in missing if book in known and known[book].status == "stopped"]
            if stopped or time.monotonic() >= give_up:
                reason = f"it stopped at {stopped[0]}" if stopped else f"it is not there after {timeout_s:g} s"
                positions = {book: checkpoint.position for book, checkpoint in known.items()}
                raise ViewBehind(f"{projection.name} at {positions} was asked for {missing}: {reason}")
            time.sleep(pause)
            pause = min(pause * _SLOWER_BY, _LONGEST_PAUSE_S)

    def wait_for_all(
        self, projections: Sequence[Projection], at_least: Vector, *, timeout_s: float = 5.0, past_stops: bool = False
    ) -> None:
        """Returns when all these views have folded these positions. Otherwise as `wait_for`."""
        with self.engine.connect() as connection:
            known = progress_by_name(connection, projections, at_least)
        for projection in projections:
            at = known.get(projection.name)
            if at is None or not at.generation.is_current or not_reached(at.checkpoints, at_least, past_stops):
                self.wait_for(projection, at_least, timeout_s=timeout_s, past_stops=past_stops)

    def as_known_at(self, instant: datetime, books: Iterable[int] | None = None) -> dict[int, int]:
        """Returns the last position of every book, or of these, recorded by then. Raises ValueError for the future."""
        return self.log.positions_as_known_at(instant, books)

    def status(self, projection: Projection, books: Books = None) -> dict[int, Checkpoint]:
        """Returns the live view's checkpoints in these books, by book. Raises `ViewOutdated`."""
        books = self.part if books is None else books
        return self._twice(projection, lambda: progress(self.engine, projection, books), books).checkpoints

    def progress(self, projections: Sequence[Projection]) -> dict[str, GenerationProgress]:
        """Returns the progress of live views by name, of any version, without the never folded. One query for all."""
        return self._twice(projections[0], lambda: progress_of_any(self.engine, projections, self.part), self.part)

    def _read(
        self, projection: Projection, query: Callable[[Opened], T], at_least: Vector, past_stops: bool, books: Books
    ) -> T | _Behind:
        with opened(self.engine, projection, books) as (connection, known):
            if known:
                if not_reached(known.checkpoints, at_least, past_stops):
                    return _Behind()
                return query(Opened.at(connection, known, self.part))
        progress(self.engine, projection, books)  # makes an empty live view, because it was never folded
        return self._read(projection, query, at_least, past_stops, books)

    def _twice(self, projection: Projection, read: Callable[[], T], books: Books) -> T:
        """Reads again if a rebuild dropped the generation, the connection was lost, or nothing was folded yet."""
        try:
            return read()
        except DatabaseTrouble as trouble:
            if not trouble.retryable:
                raise
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) not in NOT_PREPARED:
                raise
        progress(self.engine, projection, books)
        return read()


def incomplete(projection: Projection, known: Mapping[int, Checkpoint]) -> list[Incomplete]:
    """Returns the events that the view leaves out, by book and position."""
    found: list[Incomplete] = []
    for book, checkpoint in sorted(known.items()):
        found += [Incomplete(projection.name, book, position) for position in sorted(checkpoint.parked)]
        if checkpoint.status == "stopped":
            found.append(Incomplete(projection.name, book, checkpoint.position + 1, "stopped"))
    return found


def not_reached(known: Mapping[int, Checkpoint], at_least: Vector, past_stops: bool) -> dict[int, int]:
    """Returns the positions that the view has not reached and must still be waited for."""
    return {
        book: position
        for book, position in at_least.items()
        if (at := known.get(book, Checkpoint(book))).position < position and not (past_stops and at.status == "stopped")
    }
