"""Fills a generation from the log: books in parallel on an executor, or in this thread for a short rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait
from functools import partial

from sqlalchemy import Engine

from ledger.log.engine import writer_engine
from projections.engine.checkpoints import Checkpoint, claim, move, positions, wait_for_turn
from projections.engine.connections import transaction
from projections.engine.fold import LARGEST, clear, step
from projections.engine.generations import Generation

Watch = Callable[[int, int], object]  # gets the number of filled events and of all
_WATCHED_EVERY_S = 0.5


class CannotFill(Exception):
    """The generation cannot be filled up to a position."""


class CannotApplyEvent(CannotFill):
    """The projection cannot apply an event of the log. All other books are filled."""


def unwatched(done: int, total: int) -> None:
    """Watches nothing."""


def fill(
    engine: Engine,
    generation: Generation,
    upto: Mapping[int, int],
    executor: Executor,
    watch: Watch = unwatched,
) -> None:
    """Folds every book up to its position, one job for each book, the longest first.

    Every book is filled as far as possible before it raises: `CannotApplyEvent` if that is the only reason, else
    `CannotFill`. `watch` gets the number of filled events and of all, about twice a second.
    """
    url = engine.url.render_as_string(hide_password=False)
    longest_first = sorted(upto, key=lambda book: upto[book], reverse=True)
    jobs = [executor.submit(_fill_book_of, url, generation, book, upto[book]) for book in longest_first if upto[book]]
    while wait(jobs, timeout=_WATCHED_EVERY_S).not_done:
        watch(_filled(engine, generation, upto), sum(upto.values()))
    watch(sum(upto.values()), sum(upto.values()))
    _raise_what_failed([job.result for job in jobs])


def _filled(engine: Engine, generation: Generation, upto: Mapping[int, int]) -> int:
    with engine.connect() as connection:
        return sum(min(at, upto.get(book, 0)) for book, at in positions(connection, generation).items())


def fill_here(engine: Engine, generation: Generation, upto: Mapping[int, int]) -> None:
    """Folds the missing rest of every book in this thread. Raises as `fill` does."""
    with engine.connect() as connection:
        done = positions(connection, generation)
    missing = {book: position for book, position in upto.items() if position > done.get(book, 0)}
    _raise_what_failed([partial(_fill_book, engine, generation, book, upto) for book, upto in missing.items()])


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
        if claim(cursor, generation, book):
            clear(cursor, generation, book)
            move(cursor, generation, Checkpoint(book))


def _fill_book_of(url: str, generation: Generation, book: int, upto: int) -> None:
    """Fills one book as a job of an executor, in any process or on any machine."""
    engine = writer_engine(url, connections=1)
    try:
        _fill_book(engine, generation, book, upto)
    finally:
        engine.dispose()


def _fill_book(engine: Engine, generation: Generation, book: int, upto: int) -> None:
    while True:
        done = step(engine, generation, book, size=LARGEST, upto=upto)
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
