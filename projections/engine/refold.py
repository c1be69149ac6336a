"""Folds a long book again after its parked events have changed: page by page beside the live rows, then a swap.

The pages go into another generation, each with its checkpoint. A killed process loses one page, no transaction is
longer than a page or the swap, and readers see the old rows until all of them are replaced.
"""

from __future__ import annotations

from psycopg2 import extensions
from sqlalchemy import Engine

from projections.engine.candidates import RebuildUnderWay, alone
from projections.engine.checkpoints import Checkpoint, checkpoints, claim, move
from projections.engine.connections import begin, transaction
from projections.engine.fill import begin_again
from projections.engine.fold import LARGEST, CannotFoldAgain, Step, clear, step, stop
from projections.engine.generations import Generation, begun, drop, make
from projections.engine.parking import parked_in

_FORGET = "DELETE FROM views.checkpoints WHERE projection = %s AND generation = %s AND book = %s"


def refold(engine: Engine, live: Generation, book: int) -> Step:
    """Folds one page again, or swaps the rows if all pages are done. A book that cannot be folded again stops.

    Does nothing while a rebuild or verification of the view runs, or while another process folds the page.
    """
    try:
        with alone(engine, live.projection):
            return _page(engine, live, book)
    except RebuildUnderWay:
        return Step(None)


def _page(engine: Engine, live: Generation, book: int) -> Step:
    with begin(engine) as connection:
        beside = begun(connection, live.projection, "refold") or make(connection, live.projection, "refold")
        stands, again = checkpoints(connection, live)[book], checkpoints(connection, beside).get(book)
    if again and again.position > stands.position:  # left by a killed rebuild
        begin_again(engine, beside, book)
    done = step(engine, beside, book, size=LARGEST, upto=stands.position)
    if done.checkpoint is None:
        return Step(None)
    if done.again:
        begin_again(engine, beside, book)
    elif done.checkpoint.status == "stopped":
        return _stopped(engine, live, stands, done.checkpoint.reason)
    elif done.checkpoint.position == stands.position:
        return _swapped(engine, live, beside, book)
    return Step(stands, read=1)


def _stopped(engine: Engine, live: Generation, stands: Checkpoint, why: str) -> Step:
    with transaction(engine) as cursor:
        parked = parked_in(cursor, stands.book).of(live.name)
    return stop(engine, live, stands.book, CannotFoldAgain(stands, parked, why))


def _swapped(engine: Engine, live: Generation, beside: Generation, book: int) -> Step:
    with transaction(engine) as cursor:
        stands, again = claim(cursor, live, book), claim(cursor, beside, book)
        if stands is None or again is None:
            return Step(None)
        parked = parked_in(cursor, book).of(live.name)
        if again.honours(parked) and again.position == stands.position:
            _replace(cursor, live, beside, book)
            move(cursor, live, again)
        clear(cursor, beside, book)  # also if the parked events have changed since: then it begins again
        cursor.execute(_FORGET, (beside.name, beside.number, book))
    with engine.connect() as connection:
        is_done = not checkpoints(connection, beside)
    if is_done:
        drop(engine, live.projection, "refold")
    return Step(stands, read=1)


def _replace(cursor: extensions.cursor, live: Generation, beside: Generation, book: int) -> None:
    clear(cursor, live, book)
    for table in live.projection.tables:
        columns = ", ".join(f'"{name}"' for name in table.columns)
        cursor.execute(
            f"INSERT INTO {live.stored_name(table)} ({columns})"
            f" SELECT {columns} FROM {beside.stored_name(table)} WHERE book = %s",
            (book,),
        )
