"""Candidates of a rebuild: a generation beside the live one, filled from the log and compared with it.

A candidate outlives its process: the next one of the same code goes on where each book stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ledger.log.database_errors import DatabaseTrouble
from projections.engine.checkpoints import positions
from projections.engine.compare import Comparison, Side, compare
from projections.engine.connections import begin, snapshot
from projections.engine.control import prepare
from projections.engine.fill import (
    FULL_SPEED,
    CannotApplyEvent,
    Pace,
    Watch,
    begin_again,
    fill,
    fill_here,
    unwatched,
)
from projections.engine.fill_together import fill_together
from projections.engine.generations import (
    Generation,
    begun,
    build_indexes,
    drop,
    ensure_live,
    live_of_any_version,
    make,
)
from projections.engine.processes import fold_processes
from projections.engine.projection import Projection
from projections.engine.soundness import recorded

_MIN_EVENTS_FOR_PROCESSES = 50_000  # below this number, starting processes takes longer than folding


class RebuildUnderWay(Exception):
    """Another rebuild or verification of this view is running. Wait until it ends."""


class NoCandidate(Exception):
    """The view has no candidate to compare or to switch to."""


@dataclass(frozen=True, slots=True)
class Filling:
    """Means to fill a candidate. `executor` runs one job for each book of a long log, by default a pool of processes;
    `watch` gets the number of filled events and of all. `pace` leaves time to live commands.
    """

    executor: Executor | None = None
    watch: Watch = unwatched
    pace: Pace = FULL_SPEED


IN_PROCESSES = Filling()
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"


@contextmanager
def alone(engine: Engine, *projections: Projection) -> Iterator[None]:
    """Holds a lock for each view, so that one rebuild of it runs at a time. It only saves work; correctness does not
    need it.
    """
    with engine.connect() as connection:  # not in a transaction, which would stay open during the whole rebuild
        try:
            for projection in projections:
                if not connection.execute(text(_LOCK), _key(projection)).scalar():
                    raise RebuildUnderWay(
                        f"{projection.name} is already being rebuilt or verified: wait until that ends"
                    )
            yield
        finally:
            # The session holds the locks. If they cannot be released, the connection must not return to the pool.
            if not connection.invalidated:  # else the session was lost, and its locks with it
                try:
                    connection.execute(text("SELECT pg_advisory_unlock_all()"))
                except (DBAPIError, DatabaseTrouble):
                    connection.invalidate()


def _key(projection: Projection) -> dict[str, str]:
    return {"key": f"redledger rebuild {projection.name}"}


def live_or_made(engine: Engine, projection: Projection) -> Generation:
    prepare(engine)
    with engine.connect() as connection:
        found = live_of_any_version(connection, projection)
    return found or ensure_live(engine, projection)


def positions_of(engine: Engine, generation: Generation) -> dict[int, int]:
    with engine.connect() as connection:
        return positions(connection, generation)


def candidate_begun(engine: Engine, projection: Projection) -> Generation:
    """Returns the candidate that this code has begun, or a new one. Candidates of other code are dropped."""
    prepare(engine)
    with engine.connect() as connection:
        found = begun(connection, projection, "candidate")
    drop(engine, projection, "candidate", "verification", "refold", but=found)
    if found:
        return found
    with begin(engine) as connection:
        return make(connection, projection, "candidate")


def candidate_of(engine: Engine, projection: Projection) -> Generation:
    prepare(engine)
    with engine.connect() as connection:
        found = begun(connection, projection, "candidate")
    if found is None:
        raise NoCandidate(f"{projection.name} has no candidate of this code: fill one with `redledger view fill`")
    return found


def _fill(engine: Engine, candidate: Generation, upto: Mapping[int, int], filling: Filling) -> None:
    missing = sum(upto.values()) - sum(positions_of(engine, candidate).values())
    if missing < _MIN_EVENTS_FOR_PROCESSES:
        fill_here(engine, candidate, upto, filling.pace)
    elif filling.executor is not None:
        fill(engine, candidate, upto, filling.executor, filling.watch, filling.pace)
    else:
        with fold_processes() as pool:
            fill(engine, candidate, upto, pool, filling.watch, filling.pace)


def fill_together_up_to(
    engine: Engine, candidates: Sequence[Generation], upto: Mapping[int, int], filling: Filling
) -> None:
    """Fills several candidates together on a pool. A few events are left to the fill of each alone."""
    if filling.executor is not None and sum(upto.values()) * len(candidates) >= _MIN_EVENTS_FOR_PROCESSES:
        fill_together(engine, candidates, upto, filling.executor, filling.watch, filling.pace)


def filled_as_far_as_it_goes(engine: Engine, candidate: Generation, heads: Mapping[int, int], filling: Filling) -> str:
    """Fills all books. Returns the event that cannot be applied and why, or ''."""
    try:
        _fill(engine, candidate, heads, filling)
    except CannotApplyEvent as problem:
        return str(problem)
    return ""


def fill_up_to(engine: Engine, live: Generation, candidate: Generation, filling: Filling) -> None:
    """Fills the candidate up to the live view. A book beyond it, left by a rebuild that was cut off, begins again."""
    upto = recorded(engine, positions_of(engine, live))
    for book, position in positions_of(engine, candidate).items():
        if position > upto.get(book, 0):
            begin_again(engine, candidate, book)
    _fill(engine, candidate, upto, filling)


def compared(engine: Engine, live: Generation, candidate: Generation, filling: Filling) -> Comparison:
    """Fills the candidate and compares both at the positions of one snapshot; the live view continues meanwhile."""
    fill_up_to(engine, live, candidate, filling)
    with begin(engine) as connection:
        if filling.pace.is_throttled:
            connection.exec_driver_sql("SET LOCAL max_parallel_maintenance_workers = 0")
        build_indexes(connection, candidate)
    with snapshot(engine) as before:
        fill_here(engine, candidate, recorded(engine, positions(before, live)))
        with snapshot(engine) as after:
            return compare(Side(before, live), Side(after, candidate))
