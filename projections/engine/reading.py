"""The way into the views: reads that wait for what their caller has written, and say what positions they are of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from ledger.log.directory import Directory
from ledger.log.trouble import DatabaseTrouble
from projections.engine.checkpoints import Checkpoint, reached
from projections.engine.control import NOT_PREPARED
from projections.engine.fold import Log
from projections.engine.generations import Generation
from projections.engine.standing import opened, standing
from projections.engine.tables import ViewTable
from projections.projection import Projection

T = TypeVar("T")
Vector = Mapping[int, int]  # book → position
_FIRST_PAUSE_S, _SLOWER_BY, _LONGEST_PAUSE_S = 0.001, 1.2, 0.05


MOST_WAITING = 8  # readers of one process that wait for a view at the same time


class TooManyWaiting(Exception):
    """As many readers wait for views as may at a time: ask again, or ask without `at_least`."""


class ViewBehind(Exception):
    """A view did not get as far as was asked for within the time that was given."""


class Held(dict[int, int]):
    """Where a view stands, book → position, and which effects are parked: the view is incomplete by those."""

    def __init__(self, positions: Vector, parked: Iterable[Incomplete] = ()) -> None:
        super().__init__(positions)
        self.incomplete = tuple(parked)


@dataclass(frozen=True, slots=True)
class Incomplete:
    """An event that a view leaves out, because its effect is parked."""

    view: str
    book: int
    position: int

    def __str__(self) -> str:
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
        parked = [each for each in self.vector.incomplete if each.position <= positions.get(each.book, 0)]
        return Held(positions, parked)

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
    ) -> T:
        """What `query` finds, in one snapshot of the live view.

        Raises `ViewBehind`, `ViewOutdated`, `TooManyWaiting`.
        """
        found = self._twice(projection, lambda: self._read(projection, query, at_least or {}))
        if isinstance(found, _Behind):
            self._wait_in_turn(projection, at_least or {}, timeout_s)
            found = self._twice(projection, lambda: self._read(projection, query, {}))
        assert not isinstance(found, _Behind), "nothing was asked for that it could be behind"
        return found

    def _wait_in_turn(self, projection: Projection, at_least: Vector, timeout_s: float) -> None:
        """Wait, if not too many do already: each holds a thread."""
        if not self.waiting.acquire(blocking=False):
            raise TooManyWaiting(f"{MOST_WAITING} readers wait already, which is all at a time. Ask again in a moment.")
        try:
            self.wait_for(projection, at_least, timeout_s=timeout_s)
        finally:
            self.waiting.release()

    def wait_for(self, projection: Projection, at_least: Vector, *, timeout_s: float = 5.0) -> None:
        """Return when the view has folded these positions. Raises `ViewBehind` when it has not in that time."""
        give_up, pause = time.monotonic() + timeout_s, _FIRST_PAUSE_S
        while not reached(positions := _positions(known := self.status(projection)), at_least):
            missing = {book: at for book, at in at_least.items() if positions.get(book, 0) < at}
            stopped = [known[book].reason for book in missing if book in known and known[book].status == "stopped"]
            if stopped or time.monotonic() >= give_up:
                reason = f"it stopped at {stopped[0]}" if stopped else f"it is not there after {timeout_s:g} s"
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
        return self._twice(projection, lambda: standing(self.engine, projection)).checkpoints

    def _read(self, projection: Projection, query: Callable[[Opened], T], at_least: Vector) -> T | _Behind:
        with opened(self.engine, projection) as (connection, known):
            if known:
                if not reached(known.positions, at_least):
                    return _Behind()
                held = Held(known.positions, incomplete(projection, known.checkpoints))
                return query(Opened(connection, known.generation, held))
        standing(self.engine, projection)  # made live, for it was never folded
        return self._read(projection, query, at_least)

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
        standing(self.engine, projection)
        return read()


def incomplete(projection: Projection, known: Mapping[int, Checkpoint]) -> list[Incomplete]:
    """What the view leaves out, in order."""
    return [
        Incomplete(projection.name, book, position)
        for book, checkpoint in sorted(known.items())
        for position in sorted(checkpoint.parked)
    ]


def _positions(known: Mapping[int, Checkpoint]) -> dict[int, int]:
    return {book: checkpoint.position for book, checkpoint in known.items()}
