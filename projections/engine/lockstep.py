"""Lockstep of projections at the same position: new events are read once and folded into all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import Engine

from ledger.events.event import Event
from ledger.log.log_ranges import LogRange, read_log_range
from ledger.log.observer import UNOBSERVED, Observer
from ledger.log.rows import Recorded
from projections.engine.checkpoints import claim_all, move_all, open_for_all
from projections.engine.connections import transaction
from projections.engine.fold import SMALLEST, Log, fold_into
from projections.engine.generations import Generation, ensure_live
from projections.engine.parking import parked_in, without
from projections.engine.progress import GenerationProgress, progress_of_any
from projections.engine.projection import Projection


class Round(NamedTuple):
    """The result of a step in every book: the names of the projections that are behind and were not moved, and if
    others are under way: they were moved, and are not at the head yet."""

    left: set[str]
    is_under_way: bool


class LockstepRunner:
    """Moves projections at the same position of a book together, by small steps, so that no book waits for another.

    New events then cost a few statements for all projections, instead of a few for each, and views follow commands
    sooner. A projection that lags, cannot apply an event or must fold a book again is left to its own worker.
    """

    def __init__(
        self, engine: Engine, log: Log, projections: Sequence[Projection], *, observer: Observer = UNOBSERVED
    ) -> None:
        self._engine, self._log, self._projections, self._observer = engine, log, projections, observer

    def follow(self) -> Round:
        """Moves the projections that are at the same position of a book a step further, in every book."""
        heads = self._log.heads_at_hand()
        found = progress_of_any(self._engine, self._projections, heads)
        for each in self._projections:
            if each.name not in found:  # it was never folded
                found[each.name] = GenerationProgress(ensure_live(self._engine, each), {})
        known = {name: at for name, at in found.items() if at.generation.is_current}
        left, is_under_way = {projection.name for projection in self._projections} - known.keys(), False
        for book, head in heads.items():
            behind = {name: at for name, at in known.items() if at.positions.get(book, 0) < head}
            if behind:
                near = max(at.positions.get(book, 0) for at in behind.values())
                upto = min(head, near + SMALLEST)
                moved = self._take(book, near, upto, list(behind.values()))
                left |= behind.keys() - moved
                is_under_way |= upto < head and bool(moved)
        return Round(left, is_under_way)

    def _take(self, book: int, near: int, upto: int, behind: Sequence[GenerationProgress]) -> set[str]:
        """Moves those that are at `near` to `upto`. Returns their names."""
        abreast = [at.generation for at in behind if at.stands_at(book, near)]
        if len(abreast) < 2:
            return set()
        try:
            if new := [at.generation for at in behind if not at.has_begun(book)]:
                with transaction(self._engine) as cursor:  # its own, so that no worker waits for the first fold
                    open_for_all(cursor, new, book)
            started = monotonic()
            names, log_range = step_together(self._engine, abreast, book, after=near, upto=upto)
        except Exception:  # one cannot apply an event, or the database is in trouble: each worker alone finds the cause
            return set()
        if names and log_range.events:
            self._observer.folded(names, log_range.events, seconds=monotonic() - started)
        return names


class _Shared(Recorded):
    """An event for several projections: decoded once. A fold changes neither the event nor the lines of its entry."""

    @cached_property
    def event(self) -> Event:
        return super().event

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        return super().lines


def step_together(
    engine: Engine, generations: Sequence[Generation], book: int, *, after: int, upto: int
) -> tuple[set[str], LogRange]:
    """Folds the book up to `upto` into the generations at `after`, in one transaction.

    Returns their names and what was read. Raises any error of one of them; then nothing is changed.
    """
    with transaction(engine) as cursor:
        claimed = [
            (generation, checkpoint)
            for generation, checkpoint in claim_all(cursor, generations, book)
            if checkpoint.position == checkpoint.count == after and checkpoint.status == "following"
        ]
        log_range = read_log_range(cursor, book=book, after=after, upto=upto)
        parked = parked_in(cursor, book)
        claimed = [(each, checkpoint) for each, checkpoint in claimed if checkpoint.honours(parked.of(each.name))]
        shared = replace(log_range, events=[*map(_Shared._make, log_range.events)])
        for generation, _ in claimed:
            used = _used_by(generation.projection, shared)
            fold_into(cursor, generation, book, without(used, parked.of(generation.name)))
        move_all(cursor, [(each, checkpoint.after(log_range, parked.of(each.name))) for each, checkpoint in claimed])
    return {generation.name for generation, _ in claimed}, log_range


def _used_by(projection: Projection, log_range: LogRange) -> LogRange:
    types, entries_only = projection.event_names(), projection.entries_only
    events = [
        event
        for event in log_range.events
        if (types is None or event.type in types) and (event.entry is not None or not entries_only)
    ]
    return LogRange(log_range.after, log_range.last, log_range.leaves, events)
