"""Lockstep of projections at the same position: new events are read once and folded into all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
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
    """The result of a step in every book. `left` are the names of the projections that only their own workers can move;
    `is_under_way` is True if others were moved and are not at the head yet."""

    left: set[str]
    is_under_way: bool


class LockstepRunner:
    """Moves the projections of a book together, by small steps, so that no book waits for another.

    New events then cost a few statements for all projections, instead of a few for each, and views follow commands
    sooner. Those that stand apart by one step at most meet first: the lowest goes up to the next, and on with it. A
    projection that lags further, cannot apply an event or must fold a book again is left to its own worker.
    """

    def __init__(
        self, engine: Engine, log: Log, projections: Sequence[Projection], *, observer: Observer = UNOBSERVED
    ) -> None:
        self._engine, self._log, self._projections, self._observer = engine, log, projections, observer

    def follow(self) -> Round:
        """Moves the projections that are near each other in a book a step further, in every book."""
        heads = self._log.heads_at_hand()
        found = progress_of_any(self._engine, self._projections, heads)
        for each in self._projections:
            if each.name not in found:  # it was never folded
                found[each.name] = GenerationProgress(ensure_live(self._engine, each), {})
        known = {name: at for name, at in found.items() if at.generation.is_current}
        left, is_under_way = {projection.name for projection in self._projections} - known.keys(), False
        for book, head in heads.items():
            behind = {name: at for name, at in known.items() if at.positions.get(book, 0) < head}
            sound = {name: at.positions.get(book, 0) for name, at in known.items() if at.is_sound(book)}
            front = max(sound.values(), default=0)
            near = {name: at for name, at in sound.items() if at < head and front - at <= SMALLEST}
            alone, has_more = self._go(book, near, head, known)
            left |= behind.keys() - near.keys() | alone
            is_under_way |= has_more
        return Round(left, is_under_way)

    def _go(
        self, book: int, near: Mapping[str, int], head: int, known: Mapping[str, GenerationProgress]
    ) -> tuple[set[str], bool]:
        """Moves those near each other until they have met, and a step further. Returns the names of those that only
        their own workers can move, and True if others were moved and are not at the head yet."""
        left, has_more = set[str](), False
        for after, upto in legs(near.values(), head, SMALLEST):
            abreast = {name: known[name] for name, at in near.items() if at <= after and name not in left}
            try:
                done = self._take(book, list(abreast.values()), after, upto)
            except Exception:  # one cannot apply an event, or the database is in trouble: each worker finds the cause
                left |= abreast.keys()
            else:
                left |= done.to_refold
                has_more = bool(done.moved) and upto < head
        return left, has_more

    def _take(self, book: int, abreast: Sequence[GenerationProgress], after: int, upto: int) -> Leg:
        if new := [at.generation for at in abreast if not at.has_begun(book)]:
            with transaction(self._engine) as cursor:  # its own, so that no worker waits for the first fold
                open_for_all(cursor, new, book)
        started = monotonic()
        done = step_together(self._engine, [at.generation for at in abreast], book, after, upto)
        if done.moved and done.events:
            self._observer.folded(done.moved, done.events, seconds=monotonic() - started)
        return done


def legs(positions: Iterable[int], upto: int, size: int) -> Iterator[tuple[int, int]]:
    """Yields pairs of positions: from each of these to the next, the lowest first, and from the last to `upto`. A pair
    spans `size` events at most."""
    for after, following in pairwise(sorted({at for at in positions if at < upto} | {upto})):
        yield after, min(after + size, following)


class _Shared(Recorded):
    """An event for several projections: decoded once. A fold changes neither the event nor the lines of its entry."""

    @cached_property
    def event(self) -> Event:
        return super().event

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        return super().lines


class Leg(NamedTuple):
    """The result of a step together: the names of those that were moved and of those that must fold the book again, as
    its parked events have changed, and the events. One that another worker is folding is in neither."""

    moved: set[str]
    to_refold: set[str]
    events: Sequence[Recorded]


def step_together(engine: Engine, generations: Sequence[Generation], book: int, after: int, upto: int) -> Leg:
    """Folds the book up to `upto` into the generations at `after`, in one transaction.

    Raises any error of one of them; then nothing is changed.
    """
    with transaction(engine) as cursor:
        claimed = [
            (generation, checkpoint)
            for generation, checkpoint in claim_all(cursor, generations, book)
            if checkpoint.position == checkpoint.count == after and checkpoint.status == "following"
        ]
        log_range = read_log_range(cursor, book=book, after=after, upto=upto)
        parked = parked_in(cursor, book)
        sound = [(each, checkpoint) for each, checkpoint in claimed if checkpoint.honours(parked.of(each.name))]
        shared = replace(log_range, events=[*map(_Shared._make, log_range.events)])
        for generation, _ in sound:
            used = _used_by(generation.projection, shared)
            fold_into(cursor, generation, book, without(used, parked.of(generation.name)))
        move_all(cursor, [(each, checkpoint.after(log_range, parked.of(each.name))) for each, checkpoint in sound])
    moved = {generation.name for generation, _ in sound}
    return Leg(moved, {generation.name for generation, _ in claimed} - moved, log_range.events)


def _used_by(projection: Projection, log_range: LogRange) -> LogRange:
    types, entries_only = projection.event_names(), projection.entries_only
    events = [
        event
        for event in log_range.events
        if (types is None or event.type in types) and (event.entry is not None or not entries_only)
    ]
    return LogRange(log_range.after, log_range.last, log_range.leaves, events)
