"""Rebuilds a view beside the live one: fills a candidate, compares both at the same positions, and switches.

A rebuild that is cut off, also by a kill, goes on where each book of its candidate stands. Its steps can be taken one
by one. The generation that was live before is kept as the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from projections.engine.candidates import (
    IN_PROCESSES,
    Filling,
    alone,
    candidate_begun,
    candidate_of,
    compared,
    fill_together_up_to,
    fill_up_to,
    filled_as_far_as_it_goes,
    live_or_made,
    positions_of,
)
from projections.engine.checkpoints import checkpoints, open_book, positions, reached
from projections.engine.compare import Comparison
from projections.engine.connections import begin, transaction
from projections.engine.control import prepare
from projections.engine.fill import fill_here
from projections.engine.fold import Log
from projections.engine.generations import Generation, drop, make, set_live
from projections.engine.projection import Projection
from projections.engine.soundness import recorded, registration_findings, stop_findings


class ViewsDiffer(Exception):
    """The candidate differs from the live view, as `comparison` shows. Both are left as they are."""

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
    filling: Filling = IN_PROCESSES,
    *,
    accept_differences: bool = False,
) -> Rebuilt:
    """Folds the view again from position 1 and makes it live. Readers and workers continue meanwhile.

    Goes on with the candidate of a rebuild that was cut off. Raises `ViewsDiffer` unless differences are accepted,
    `CannotFill`, `NeverBackwards` and `RebuildUnderWay`; then the live view is left as it is, and the candidate is
    kept for `switch` or `discard`. A later event may stop the new view too: that book waits there, and all others
    continue.
    """
    with alone(engine, projection):
        live_or_made(engine, projection)
        candidate_begun(engine, projection)
        return _switched(engine, log, projection, filling, accept_differences=accept_differences)


def fill_candidate(engine: Engine, projection: Projection, filling: Filling = IN_PROCESSES) -> None:
    """Takes the first step of a rebuild alone: fills a candidate up to the live view. Otherwise as `rebuild`."""
    with alone(engine, projection):
        live = live_or_made(engine, projection)
        fill_up_to(engine, live, candidate_begun(engine, projection), filling)


def fill_candidates(engine: Engine, projections: Sequence[Projection], filling: Filling) -> None:
    """Fills the candidates of several views together, as far as they can go together: `rebuild` of each goes on.

    Goes up to the live view that is least far, without views that have stopped or have no row yet. Raises
    `RebuildUnderWay`.
    """
    with alone(engine, *projections):
        going = dict[str, dict[int, int]]()
        for each in projections:
            live = live_or_made(engine, each)
            with engine.connect() as connection:
                known = checkpoints(connection, live)
            if known and all(at.status == "following" for at in known.values()):
                going[each.name] = {book: at.position for book, at in known.items()}
        upto = {book: min(of.get(book, 0) for of in going.values()) for book in set().union(*going.values())}
        together = [candidate_begun(engine, each) for each in projections if each.name in going]
        fill_together_up_to(engine, together, recorded(engine, upto), filling)


def compare_candidate(engine: Engine, projection: Projection, filling: Filling = IN_PROCESSES) -> Comparison:
    """Takes the second step alone: fills the rest, and compares. Raises `NoCandidate`, otherwise as `rebuild`."""
    with alone(engine, projection):
        live = live_or_made(engine, projection)
        return compared(engine, live, candidate_of(engine, projection), filling)


def switch(
    engine: Engine,
    log: Log,
    projection: Projection,
    filling: Filling = IN_PROCESSES,
    *,
    accept_differences: bool = False,
) -> Rebuilt:
    """Takes the last step alone: compares once more, and makes the candidate live. Otherwise as `compare_candidate`."""
    with alone(engine, projection):
        return _switched(engine, log, projection, filling, accept_differences=accept_differences)


def discard(engine: Engine, projection: Projection) -> int:
    """Drops the candidates of the view, and returns their number. Raises `RebuildUnderWay`."""
    prepare(engine)
    with alone(engine, projection):
        return drop(engine, projection, "candidate")


def drop_old(engine: Engine, projection: Projection) -> int:
    """Drops the old generation of the view, and returns the number of those dropped."""
    prepare(engine)
    return drop(engine, projection, "old")


def verify(engine: Engine, projection: Projection, filling: Filling = IN_PROCESSES) -> Comparison:
    """Compares the live view with a rebuild, which is then dropped. Raises `CannotFill` and `RebuildUnderWay`."""
    if unregistered := registration_findings(engine, projection):
        comparison = Comparison({})
        comparison.add(unregistered)
        return comparison
    with alone(engine, projection):
        live = live_or_made(engine, projection)
        drop(engine, projection, "verification")
        try:
            with begin(engine) as connection:
                rebuilt = make(connection, projection, "verification")
            comparison = compared(engine, live, rebuilt, filling)
            for of_one_row in stop_findings(engine, live, rebuilt):
                comparison.add(of_one_row)
        finally:
            drop(engine, projection, "verification")
    return comparison


def _switched(
    engine: Engine, log: Log, projection: Projection, filling: Filling, *, accept_differences: bool
) -> Rebuilt:
    live, candidate = live_or_made(engine, projection), candidate_of(engine, projection)
    comparison = compared(engine, live, candidate, filling)
    if comparison.count and not accept_differences:
        raise ViewsDiffer(projection.name, comparison)
    stopped = filled_as_far_as_it_goes(engine, candidate, log.heads(), filling)
    vector = _switch(engine, log, live, candidate)
    drop(engine, projection, "old", but=live)
    return Rebuilt(projection.name, candidate.number, comparison, vector, stopped)


def _switch(engine: Engine, log: Log, live: Generation, candidate: Generation) -> dict[int, int]:
    """Makes the candidate live. The last few events are folded while the live view is locked."""
    with transaction(engine) as cursor:
        for book in log.heads():
            open_book(cursor, live, book)
    with begin(engine) as connection:
        _hold_still(connection, live, log.heads)
        seen = recorded(engine, positions(connection, live))
        fill_here(engine, candidate, seen)
        vector = positions_of(engine, candidate)
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
