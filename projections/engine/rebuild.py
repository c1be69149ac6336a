"""Rebuilds a view beside the live one: fills a candidate, compares both at the same positions, and switches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ledger.log.database_errors import DatabaseTrouble
from projections.engine.checkpoints import open_book, positions, reached
from projections.engine.compare import Comparison, Side, compare
from projections.engine.connections import begin, snapshot, transaction
from projections.engine.control import prepare
from projections.engine.fill import CannotApplyEvent, fill, fill_here
from projections.engine.fold import Log
from projections.engine.generations import (
    Generation,
    build_indexes,
    drop_others,
    ensure_live,
    live_of_any_version,
    make,
    set_live,
)
from projections.engine.processes import fold_processes
from projections.engine.projection import Projection
from projections.engine.soundness import recorded, registration_findings, stop_findings

_MIN_EVENTS_FOR_PROCESSES = 50_000  # below this number, starting processes takes longer than folding


class RebuildUnderWay(Exception):
    """Another rebuild or verification of this view is running. Wait until it ends."""


class ViewsDiffer(Exception):
    """The rebuilt view differs from the live one, as `comparison` shows. The live view is left as it is."""

    def __init__(self, name: str, comparison: Comparison) -> None:
        shown = "\n".join(map(str, comparison.differences))
        super().__init__(f"{name} differs from its rebuild in {comparison.count} rows:\n{shown}")
        self.comparison = comparison


class NeverBackwards(Exception):
    """The rebuilt view lacks events that readers of the live view have already seen."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuild that is now live. `vector` holds its first positions; `stopped` says where it stops, or is ''."""

    projection: str
    generation: int
    comparison: Comparison
    vector: dict[int, int]
    stopped: str = ""


def rebuild(
    engine: Engine,
    log: Log,
    projection: Projection,
    *,
    executor: Executor | None = None,
    accept_differences: bool = False,
) -> Rebuilt:
    """Folds the view again from position 1 and makes it live. Readers and workers continue meanwhile.

    `executor` runs one job for each book of a long log; by default a pool of processes. Raises `ViewsDiffer` unless
    differences are accepted, `CannotFill`, `NeverBackwards` and `RebuildUnderWay`; then the live view is left as it is.
    A later event may stop the new view too: that book waits there, and all others continue.
    """
    with _candidate(engine, projection) as (live, candidate):
        comparison = _compared(engine, live, candidate, executor)
        if comparison.count and not accept_differences:
            raise ViewsDiffer(projection.name, comparison)
        stopped = _filled_as_far_as_it_goes(engine, candidate, log.heads(), executor)
        vector = _switch(engine, log, live, candidate)
    return Rebuilt(projection.name, candidate.number, comparison, vector, stopped)


def verify(engine: Engine, projection: Projection, *, executor: Executor | None = None) -> Comparison:
    """Compares the live view with a rebuild, which is then dropped. Raises `CannotFill` and `RebuildUnderWay`."""
    if unregistered := registration_findings(engine, projection):
        comparison = Comparison({})
        comparison.add(unregistered)
        return comparison
    with _candidate(engine, projection) as (live, candidate):
        comparison = _compared(engine, live, candidate, executor)
        for of_one_row in stop_findings(engine, live, candidate):
            comparison.add(of_one_row)
        return comparison


@contextmanager
def _candidate(engine: Engine, projection: Projection) -> Iterator[tuple[Generation, Generation]]:
    """Yields the live generation and a new one, which is dropped afterwards unless it has become live."""
    with alone(engine, projection):
        live = _live(engine, projection)
        drop_others(engine, projection)
        try:
            with begin(engine) as connection:
                candidate = make(connection, projection)
            yield live, candidate
        finally:
            drop_others(engine, projection)


@contextmanager
def alone(engine: Engine, projection: Projection) -> Iterator[None]:
    """Holds a lock, so that one rebuild of a view runs at a time. It only saves work; correctness does not need it."""
    key = {"key": f"redledger rebuild {projection.name}"}
    with engine.connect() as connection:  # not in a transaction, which would stay open during the whole rebuild
        if not connection.execute(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key).scalar():
            raise RebuildUnderWay(f"{projection.name} is already being rebuilt or verified: wait until that ends")
        try:
            yield
        finally:
            # The session holds the lock. If it cannot be released, the connection must not return to the pool.
            try:
                connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)
            except (DBAPIError, DatabaseTrouble):
                connection.invalidate()


def _live(engine: Engine, projection: Projection) -> Generation:
    prepare(engine)
    with engine.connect() as connection:
        found = live_of_any_version(connection, projection)
    return found or ensure_live(engine, projection)


def _positions(engine: Engine, generation: Generation) -> dict[int, int]:
    with engine.connect() as connection:
        return positions(connection, generation)


def _fill(engine: Engine, candidate: Generation, upto: Mapping[int, int], executor: Executor | None) -> None:
    missing = sum(upto.values()) - sum(_positions(engine, candidate).values())
    if missing < _MIN_EVENTS_FOR_PROCESSES:
        fill_here(engine, candidate, upto)
    elif executor is not None:
        fill(engine, candidate, upto, executor)
    else:
        with fold_processes() as pool:
            fill(engine, candidate, upto, pool)


def _filled_as_far_as_it_goes(
    engine: Engine, candidate: Generation, heads: Mapping[int, int], executor: Executor | None
) -> str:
    """Fills all books. Returns the event that cannot be applied and why, or ''."""
    try:
        _fill(engine, candidate, heads, executor)
    except CannotApplyEvent as problem:
        return str(problem)
    return ""


def _compared(engine: Engine, live: Generation, candidate: Generation, executor: Executor | None) -> Comparison:
    """Fills the candidate and compares both at the positions of one snapshot; the live view continues meanwhile."""
    _fill(engine, candidate, recorded(engine, _positions(engine, live)), executor)
    with begin(engine) as connection:
        build_indexes(connection, candidate)
    with snapshot(engine) as before:
        fill_here(engine, candidate, recorded(engine, positions(before, live)))
        with snapshot(engine) as after:
            return compare(Side(before, live), Side(after, candidate))


def _switch(engine: Engine, log: Log, live: Generation, candidate: Generation) -> dict[int, int]:
    """Makes the candidate live. The last few events are folded while the live view is locked."""
    with transaction(engine) as cursor:
        for book in log.heads():
            open_book(cursor, live, book)
    with begin(engine) as connection:
        _hold_still(connection, live, log.heads)
        seen = recorded(engine, positions(connection, live))
        fill_here(engine, candidate, seen)
        vector = _positions(engine, candidate)
        if not reached(vector, seen):
            raise NeverBackwards(f"{live.name} is at {seen} but its rebuild only at {vector}: rebuild again")
        set_live(connection, candidate)
    return vector


def _hold_still(connection: Connection, live: Generation, heads: Callable[[], Mapping[int, int]]) -> None:
    """Locks the live view's checkpoints, book by book, so that no worker can change its rows until the commit."""
    number = connection.execute(
        text("SELECT generation FROM views.projections WHERE projection = :name FOR UPDATE"), {"name": live.name}
    ).scalar()
    if number != live.number:
        raise NeverBackwards(f"{live.name} was switched to generation {number} meanwhile: rebuild again")
    for book in heads():
        connection.execute(
            text(
                "SELECT position FROM views.checkpoints"
                " WHERE book = :book AND projection = :name AND generation = :number FOR UPDATE"
            ),
            {"book": book, "name": live.name, "number": live.number},
        )
