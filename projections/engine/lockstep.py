"""The step that all projections take together where they stand at one place: what is new is read once for all."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from ledger.log.log_ranges import LogRange, read_log_range
from projections.engine.checkpoints import claim_all, move_all
from projections.engine.connections import transaction
from projections.engine.fold import SMALLEST, Log, fold_into
from projections.engine.generations import Generation
from projections.engine.parking import parked_in, without
from projections.engine.progress import GenerationProgress, progress_by_name
from projections.engine.projection import Projection


class LockstepRunner:
    """Takes projections to the heads of the books as long as they keep pace with each other.

    A trickle of events costs a handful of statements instead of that for each projection, which is what the time from a
    command to the views is made of. Who lags, begins a book, cannot apply an event or must fold a book again is left to
    a worker of its own.
    """

    def __init__(self, engine: Engine, log: Log, projections: Sequence[Projection]) -> None:
        self._engine, self._log, self._projections = engine, log, projections

    def follow(self) -> set[str]:
        """Take all that can go together to the heads; the names of those that are still behind."""
        with self._engine.connect() as connection:
            found = progress_by_name(connection, self._projections)
        known = {name: at for name, at in found.items() if at.generation.version == at.generation.projection.version}
        left = {projection.name for projection in self._projections} - known.keys()
        for book, head in self._log.heads().items():
            behind = {name: at for name, at in known.items() if at.positions.get(book, 0) < head}
            if behind:
                left |= behind.keys() - self._take(book, head, list(behind.values()))
        return left

    def _take(self, book: int, head: int, behind: Sequence[GenerationProgress]) -> set[str]:
        near = max(at.positions.get(book, 0) for at in behind)
        abreast = [at.generation for at in behind if at.follows(book) and at.positions[book] == near]
        if len(abreast) < 2 or head - near > SMALLEST:
            return set()
        try:
            return step_together(self._engine, abreast, book, after=near, upto=head)
        except Exception:  # one cannot apply an event, or the database is in trouble: each alone finds out which
            return set()


def step_together(engine: Engine, generations: Sequence[Generation], book: int, *, after: int, upto: int) -> set[str]:
    """Fold the book up to `upto` into those that still stand at `after`, in one transaction; their names.

    Raises whatever one of them raises; then nothing has happened.
    """
    with transaction(engine) as cursor:
        claimed = [
            (generation, checkpoint)
            for generation, checkpoint in claim_all(cursor, generations, book)
            if checkpoint.position == after and checkpoint.status == "following"
        ]
        log_range = read_log_range(cursor, book=book, after=after, upto=upto)
        parked = parked_in(cursor, book)
        claimed = [(each, checkpoint) for each, checkpoint in claimed if checkpoint.honours(parked.of(each.name))]
        for generation, _ in claimed:
            used = _used_by(generation.projection, log_range)
            fold_into(cursor, generation, book, without(used, parked.of(generation.name)))
        move_all(cursor, [(each, checkpoint.after(log_range, parked.of(each.name))) for each, checkpoint in claimed])
    return {generation.name for generation, _ in claimed}


def _used_by(projection: Projection, log_range: LogRange) -> LogRange:
    types, entries_only = projection.event_names(), projection.entries_only
    events = [
        event
        for event in log_range.events
        if (types is None or event.type in types) and (event.entry is not None or not entries_only)
    ]
    return LogRange(log_range.after, log_range.last, log_range.leaves, events)
