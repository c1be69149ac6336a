"""Fills the candidates of several views together: each book is read and decoded once for all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from sqlalchemy import Engine

from ledger.log.engine import writer_engine
from projections.engine.checkpoints import open_for_all, positions_in
from projections.engine.connections import transaction
from projections.engine.fill import FULL_SPEED, Pace, Watch, expect_same_code, unwatched, watched
from projections.engine.generations import Generation
from projections.engine.lockstep import legs, step_together


def fill_together(
    engine: Engine,
    generations: Sequence[Generation],
    upto: Mapping[int, int],
    executor: Executor,
    watch: Watch = unwatched,
    pace: Pace = FULL_SPEED,
) -> None:
    """Folds every book up to its position into all generations, as far as they can go together.

    One job for each book, the longest first. Raises `CannotFill` if a worker has other code.
    """
    url = engine.url.render_as_string(hide_password=False)
    longest_first = sorted(filter(upto.get, upto), key=lambda book: upto[book], reverse=True)
    jobs = [executor.submit(_fill_book_of, url, generations, book, upto[book], pace) for book in longest_first]
    watched(engine, generations, jobs, sum(upto.values()) * len(generations), watch)
    for job in jobs:
        job.result()


def _fill_book_of(url: str, generations: Sequence[Generation], book: int, upto: int, pace: Pace) -> None:
    """Folds one book into all generations as a job of an executor, those that are behind first.

    Ends early if one of them cannot go on. Each is then filled alone, which finds the cause.
    """
    for generation in generations:
        expect_same_code(generation)
    engine = writer_engine(url, connections=1)
    try:
        with transaction(engine) as cursor:
            open_for_all(cursor, generations, book)
        while _step(engine, generations, book, upto, pace):
            pass
    finally:
        engine.dispose()


def _step(engine: Engine, generations: Sequence[Generation], book: int, upto: int, pace: Pace) -> bool:
    """Takes the generations at the lowest position a step further. Returns True if there is more to fold."""
    began = time.monotonic()
    with transaction(engine) as cursor:
        positions = positions_in(cursor, generations, book)
    leg = next(legs(positions.values(), upto, pace.size), None)
    if leg is None:
        return False
    abreast = [each for each in generations if positions.get(each.name) == leg[0]]
    try:
        done = step_together(engine, abreast, book, *leg)
    except (
        Exception
    ):  # one cannot apply an event, or the database is in trouble: the fill of each alone finds the cause
        return False
    pace.rest(time.monotonic() - began)
    return bool(done.moved)
