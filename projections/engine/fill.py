"""Fills a generation from the log: books in parallel on an executor, or in this thread for a short rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait
from functools import partial

from sqlalchemy import Engine

from ledger.log.engine import writer_engine
from projections.engine.checkpoints import Checkpoint, claim, move, positions
from projections.engine.connections import transaction
from projections.engine.fold import LARGEST, clear, step
from projections.engine.generations import Generation


class CannotFill(Exception):
    """The generation cannot be filled up to a position."""


class CannotApplyEvent(CannotFill):
    """The projection cannot apply an event of the log. All other books are filled."""


def fill(engine: Engine, generation: Generation, upto: Mapping[int, int], executor: Executor) -> None:
    """Folds every book up to its position, one job for each book, the longest first.

    Every book is filled as far as possible before it raises: `CannotApplyEvent` if that is the only reason, else
    `CannotFill`.
    """
    url = engine.url.render_as_string(hide_password=False)
    longest_first = sorted(upto, key=lambda book: upto[book], reverse=True)
    jobs = [executor.submit(_fill_book_of, url, generation, book, upto[book]) for book in longest_first if upto[book]]
    wait(jobs)
    _raise_what_failed([job.result for job in jobs])


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
            raise CannotFill(
                f"generation {generation.number} of {generation.name} was dropped, or another process fills it"
            )
        if done.checkpoint.status == "stopped":
            raise CannotApplyEvent(f"{generation.name} cannot apply book {book}, {done.checkpoint.reason}")
        if done.again:
            begin_again(engine, generation, book)
            continue
        if done.checkpoint.position >= upto:
            return
        if not done.read:
            raise CannotFill(f"book {book} of the log ends at {done.checkpoint.position}, before {upto}")
