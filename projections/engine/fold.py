"""One step of a projection in one book: read, fold, write rows and checkpoint, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from psycopg2 import extensions
from sqlalchemy import Engine

from ledger.log.rows import Recorded
from projections.engine.batch import Batch
from projections.engine.checkpoints import Checkpoint, claim, move, open_book
from projections.engine.connections import is_lost, transaction
from projections.engine.generations import Generation
from projections.engine.store import RowStore

SMALLEST, LARGEST = 500, 5000  # events a step; grows while behind
_REASON_LENGTH = 500


class Log(Protocol):
    """The reading side of the log, as far as projections need it."""

    def read(self, book: int, after: int, limit: int) -> Sequence[Recorded]:
        """The next events of the book, in order."""

    def heads(self) -> dict[int, int]:
        """The last position of every book."""

    def positions_as_known_at(self, instant: datetime) -> dict[int, int]:
        """The last position of every book that was recorded by then. Raises ValueError for the future."""


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


def step(
    engine: Engine, log: Log, generation: Generation, book: int, *, size: int = SMALLEST, upto: int | None = None
) -> Step:
    """Fold up to `size` events of the book, none behind the position `upto`.

    What cannot be applied stops the book just before it, with the reason. Raises only what is not an event's fault: a
    lost connection, a full disk (see `is_lost`).
    """
    try:
        done = _apply(engine, log, generation, book, size, upto)
        if done.checkpoint is None and _open(engine, generation, book):
            done = _apply(engine, log, generation, book, size, upto)
    except _CannotApply as failure:
        if failure.read == 1:
            return _stop(engine, generation, book, failure)
        return step(engine, log, generation, book, size=failure.read // 2, upto=upto)  # closes in on the one event
    return done


def _apply(engine: Engine, log: Log, generation: Generation, book: int, size: int, upto: int | None) -> Step:
    with transaction(engine) as cursor:
        checkpoint = claim(cursor, generation, book)
        if checkpoint is None:
            return Step(None)
        limit = size if upto is None else min(size, upto - checkpoint.position)
        events = log.read(book, checkpoint.position, limit) if limit > 0 else ()
        if not events:
            return Step(checkpoint)
        try:
            following = checkpoint.after(events)
            _fold(cursor, generation, book, events)
        except Exception as error:
            if is_lost(error):
                raise
            raise _CannotApply(checkpoint.position, len(events)) from error
        move(cursor, generation, following)
    return Step(following, len(events))


def _open(engine: Engine, generation: Generation, book: int) -> bool:
    """Begin the book if nobody has; in a transaction of its own, so that others never wait for the first fold."""
    with transaction(engine) as cursor:
        return open_book(cursor, generation, book)


def _fold(cursor: extensions.cursor, generation: Generation, book: int, events: Sequence[Recorded]) -> None:
    names = generation.projection.event_names()
    used = events if names is None else [recorded for recorded in events if recorded.type in names]
    if used:
        rows = RowStore(cursor, generation, book)
        batch = Batch(book, used, rows.find)
        generation.projection.fold(batch)
        rows.write(batch)


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
