"""One step of a projection in one book: read, fold, write rows and checkpoint, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from psycopg2 import extensions
from sqlalchemy import Engine

from ledger.log.stretches import Stretch, read_stretch
from projections.engine.batch import Batch
from projections.engine.checkpoints import Checkpoint, claim, move, open_book
from projections.engine.connections import is_lost, transaction
from projections.engine.generations import Generation
from projections.engine.store import RowStore
from projections.projection import Projection

SMALLEST, LARGEST = 500, 5000  # events a step; grows while behind
_REASON_LENGTH = 500


class Log(Protocol):
    """How far the log's books have come."""

    def heads(self) -> dict[int, int]:
        """The last position of every book."""

    def positions_as_known_at(self, instant: datetime, books: Iterable[int] | None = None) -> dict[int, int]:
        """The last position of every book, or of these, that was recorded by then. Raises ValueError for the future."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step has done. `checkpoint` is None where another worker holds the book, or the generation is gone."""

    checkpoint: Checkpoint | None
    read: int = 0


class _CannotApply(Exception):
    """Among the `read` events after the position `after` is one that cannot be applied."""

    def __init__(self, after: int, read: int) -> None:
        super().__init__(after, read)
        self.after = after
        self.read = read


def step(engine: Engine, generation: Generation, book: int, *, size: int = SMALLEST, upto: int | None = None) -> Step:
    """Fold up to `size` events of the book, none behind the position `upto`.

    What cannot be applied stops the book just before it, with the reason. Raises only what is not an event's fault: a
    lost connection, a full disk (see `is_lost`).
    """
    try:
        done = _apply(engine, generation, book, size, upto)
        if done.checkpoint is None and _open(engine, generation, book):
            done = _apply(engine, generation, book, size, upto)
    except _CannotApply as failure:
        if failure.read == 1:
            return _stop(engine, generation, book, failure)
        return step(engine, generation, book, size=failure.read // 2, upto=upto)  # closes in on the one event
    return done


def _apply(engine: Engine, generation: Generation, book: int, size: int, upto: int | None) -> Step:
    with transaction(engine) as cursor:
        checkpoint = claim(cursor, generation, book)
        if checkpoint is None:
            return Step(None)
        until = checkpoint.position + size if upto is None else min(checkpoint.position + size, upto)
        stretch = _read(cursor, generation.projection, checkpoint, until)
        if not stretch.leaves:
            return Step(checkpoint)
        following = checkpoint.after(stretch)
        try:
            fold_into(cursor, generation, book, stretch)
        except Exception as error:
            if is_lost(error):
                raise
            raise _CannotApply(checkpoint.position, following.count - checkpoint.count) from error
        move(cursor, generation, following)
    return Step(following, following.count - checkpoint.count)


def _read(cursor: extensions.cursor, projection: Projection, checkpoint: Checkpoint, until: int) -> Stretch:
    return read_stretch(
        cursor,
        book=checkpoint.book,
        after=checkpoint.position,
        upto=until,
        types=projection.event_names(),
        entries_only=projection.entries_only,
    )


def fold_into(cursor: extensions.cursor, generation: Generation, book: int, stretch: Stretch) -> None:
    """The rows of the stretch's events written; raises whatever the projection raises."""
    if stretch.events:
        rows = RowStore(cursor, generation, book)
        batch = Batch(book, stretch.events, rows.find)
        generation.projection.fold(batch)
        rows.write(batch)


def _open(engine: Engine, generation: Generation, book: int) -> bool:
    """Begin the book if nobody has; in a transaction of its own, so that others never wait for the first fold."""
    with transaction(engine) as cursor:
        return open_book(cursor, generation, book)


def _stop(engine: Engine, generation: Generation, book: int, failure: _CannotApply) -> Step:
    with transaction(engine) as cursor:
        checkpoint = claim(cursor, generation, book)
        if checkpoint is None or checkpoint.position != failure.after:
            return Step(None)  # another worker is on it, or was able to apply it
        error = failure.__cause__
        reason = f"position {failure.after + 1}: {type(error).__name__}: {error}"
        stopped = checkpoint.stopped(reason[:_REASON_LENGTH].replace("\0", "\ufffd"))
        move(cursor, generation, stopped)
    return Step(stopped)
