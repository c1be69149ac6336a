"""Filling a generation from the log: books in parallel on any executor, or here for what is short."""

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
    """The generation cannot be brought to a position."""


class CannotApplyEvent(CannotFill):
    """The projection cannot apply an event of the log; all other books are filled."""


def fill(engine: Engine, generation: Generation, upto: Mapping[int, int], executor: Executor) -> None:
    """Fold every book up to its position, one job a book, longest first.

    Raises `CannotFill` once every book has come as far as it can, `CannotApplyEvent` where that is the only reason.
    """
    url = engine.url.render_as_string(hide_password=False)
    longest_first = sorted(upto, key=lambda book: upto[book], reverse=True)
    jobs = [executor.submit(_fill_book_of, url, generation, book, upto[book]) for book in longest_first if upto[book]]
    wait(jobs)
    _raise_what_failed([job.result for job in jobs])


def fill_here(engine: Engine, generation: Generation, upto: Mapping[int, int]) -> None:
    """The same in this thread: for what is left of books that are nearly there."""
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
    """Take a book that no reader sees back to nothing, because what is parked in it has changed."""
    with transaction(engine) as cursor:
        if claim(cursor, generation, book):
            clear(cursor, generation, book)
            move(cursor, generation, Checkpoint(book))


def _fill_book_of(url: str, generation: Generation, book: int, upto: int) -> None:
    """One job of an executor, in whatever process or machine it runs."""
    engine = writer_engine(url, connections=1)
    try:
        _fill_book(engine, generation, book, upto)
    finally:
        engine.dispose()


def _fill_book(engine: Engine, generation: Generation, book: int, upto: int) -> None:
    while True:
        done = step(engine, generation, book, size=LARGEST, upto=upto)
        if done.checkpoint is None:
            raise CannotFill(f"generation {generation.number} of {generation.name} is gone, or somebody else fills it")
        if done.checkpoint.status == "stopped":
            raise CannotApplyEvent(f"{generation.name} cannot apply book {book}, {done.checkpoint.reason}")
        if done.again:
            begin_again(engine, generation, book)
            continue
        if done.checkpoint.position >= upto:
            return
        if not done.read:
            raise CannotFill(f"book {book} of the log ends at {done.checkpoint.position}, before {upto}")
