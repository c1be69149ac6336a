"""Filling a generation from the log: books in parallel on any executor, or here for what is short."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, wait

from sqlalchemy import Engine

from ledger.log.engine import writer_engine
from projections.engine.checkpoints import positions
from projections.engine.fold import LARGEST, step
from projections.engine.generations import Generation


class CannotFill(Exception):
    """The projection cannot apply an event of the log."""


def fill(engine: Engine, generation: Generation, upto: Mapping[int, int], executor: Executor) -> None:
    """Fold every book up to its position, one job a book, longest first. Raises `CannotFill`."""
    url = engine.url.render_as_string(hide_password=False)
    longest_first = sorted(upto, key=lambda book: upto[book], reverse=True)
    jobs = [executor.submit(_fill_book_of, url, generation, book, upto[book]) for book in longest_first if upto[book]]
    wait(jobs)
    for job in jobs:
        job.result()


def fill_here(engine: Engine, generation: Generation, upto: Mapping[int, int]) -> None:
    """The same in this thread: for what is left of books that are nearly there."""
    with engine.connect() as connection:
        done = positions(connection, generation)
    for book, position in upto.items():
        if position > done.get(book, 0):
            _fill_book(engine, generation, book, position)


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
            raise CannotFill(f"{generation.name} cannot apply book {book}, {done.checkpoint.reason}")
        if done.checkpoint.position >= upto:
            return
        if not done.read:
            raise CannotFill(f"book {book} of the log ends at {done.checkpoint.position}, before {upto}")
