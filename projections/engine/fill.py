"""Fills a generation from the log: books in parallel on an executor, or in this thread for a short rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine

from ledger.log.engine import writer_engine
from projections.engine.checkpoints import Checkpoint, folded, move, positions, wait_for_turn
from projections.engine.connections import transaction
from projections.engine.fingerprint import fingerprint
from projections.engine.fold import LARGEST, SMALLEST, clear, step
from projections.engine.generations import Generation

Watch = Callable[[int, int], object]  # gets the number of filled events and of all
_WATCHED_EVERY_S = 0.5


class CannotFill(Exception):
    """The generation cannot be filled up to a position."""


class CannotApplyEvent(CannotFill):
    """The projection cannot apply an event of the log. All other books are filled."""


def unwatched(done: int, total: int) -> None:
    """Watches nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The speed of a fill: the part of its time that each job works. One that leaves time to others takes small steps,
    because others wait for a step's end.
    """

    share: float = 1.0

    @property
    def is_throttled(self) -> bool:
        return self.share < 1

    @property
    def size(self) -> int:
        """The number of events in a step."""
        return SMALLEST if self.is_throttled else LARGEST

    def rest(self, worked_s: float) -> None:
        """Waits after a step that took this long."""
        if self.is_throttled:
            time.sleep(worked_s * (1 / self.share - 1))


FULL_SPEED = Pace()


def fill(
    engine: Engine,
    generation: Generation,
    upto: Mapping[int, int],
    executor: Executor,
    watch: Watch = unwatched,
    pace: Pace = FULL_SPEED,
) -> None:
    """Folds every book up to its position, one job for each book, the longest first.

    Every book is filled as far as possible before it raises: `CannotApplyEvent` if that is the only reason, else
    `CannotFill`. `watch` gets the number of filled events and of all, about twice a second.
    """
    url = engine.url.render_as_string(hide_password=False)
    longest_first = sorted(filter(upto.get, upto), key=lambda book: upto[book], reverse=True)
    jobs = [executor.submit(_fill_book_of, url, generation, book, upto[book], pace) for book in longest_first]
    watched(engine, [generation], jobs, sum(upto.values()), watch)
    _raise_what_failed([job.result for job in jobs])


def watched(
    engine: Engine, generations: Sequence[Generation], jobs: Sequence[Future[None]], total: int, watch: Watch
) -> None:
    """Waits for the jobs, and lets `watch` know about twice a second how many events are folded."""
    while wait(jobs, timeout=_WATCHED_EVERY_S).not_done:
        with engine.connect() as connection:
            watch(folded(connection, generations), total)
    watch(total, total)


def fill_here(engine: Engine, generation: Generation, upto: Mapping[int, int], pace: Pace = FULL_SPEED) -> None:
    """Folds the missing rest of every book in this thread. Raises as `fill` does."""
    with engine.connect() as connection:
        done = positions(connection, generation)
    missing = {book: position for book, position in upto.items() if position > done.get(book, 0)}
    _raise_what_failed([partial(_fill_book, engine, generation, book, upto, pace) for book, upto in missing.items()])


def _raise_what_failed(jobs: Sequence[Callable[[], None]]) -> None:
    problems = list[CannotFill]()
    for job in jobs:
        try:
            job()
        except CannotFill as problem:
            problems.append(problem)
    if problems:
        kind = CannotApplyEvent if all(isinstance(problem, CannotApplyEvent) for problem in problems) else CannotFill
        raise kind("; ".join(map(str, problems)))


def begin_again(engine: Engine, generation: Generation, book: int) -> None:
    """Resets a book that no reader sees to position 0, because its parked events have changed."""
    with transaction(engine) as cursor:
        if wait_for_turn(cursor, generation, book):
            clear(cursor, generation, book)
            move(cursor, generation, Checkpoint(book))


def _fill_book_of(url: str, generation: Generation, book: int, upto: int, pace: Pace) -> None:
    """Fills one book as a job of an executor, in any process or on any machine that has the same code."""
    expect_same_code(generation)
    engine = writer_engine(url, connections=1)
    try:
        _fill_book(engine, generation, book, upto, pace)
    finally:
        engine.dispose()


def expect_same_code(generation: Generation) -> None:
    """Raises `CannotFill` if this process has other code than the one that made the generation."""
    if fingerprint(type(generation.projection)) != generation.fingerprint:
        raise CannotFill(f"a worker has other code of {generation.name}: install the same version there")


def _fill_book(engine: Engine, generation: Generation, book: int, upto: int, pace: Pace) -> None:
    while True:
        began = time.monotonic()
        done = step(engine, generation, book, size=pace.size, upto=upto)
        if done.checkpoint is None:
            with transaction(engine) as cursor:
                if not wait_for_turn(cursor, generation, book):
                    raise CannotFill(f"generation {generation.number} of {generation.name} was dropped")
            continue
        if done.checkpoint.status == "stopped":
            raise CannotApplyEvent(f"{generation.name} cannot apply book {book}, {done.checkpoint.reason}")
        if done.again:
            begin_again(engine, generation, book)
            continue
        if done.checkpoint.position >= upto:
            return
        if not done.read:
            raise CannotFill(f"book {book} of the log ends at {done.checkpoint.position}, before {upto}")
        pace.rest(time.monotonic() - began)
