"""One step of a projection in one book: reads, folds, and writes rows and checkpoint in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from psycopg2 import extensions
from sqlalchemy import Engine

from ledger.log.log_ranges import LogRange, read_log_range
from ledger.log.rows import Recorded
from ledger.log.sequence import OutOfSequence, check_count
from projections.engine.batch import Batch
from projections.engine.checkpoints import Checkpoint, claim, move, open_book
from projections.engine.connections import is_lost, transaction
from projections.engine.generations import Generation
from projections.engine.parking import parked_in, without
from projections.engine.projection import Projection
from projections.engine.store import RowStore

SMALLEST, LARGEST = 500, 5000  # events in a step; a worker that is behind takes larger steps
_REASON_LENGTH = 500


class Log(Protocol):
    """The positions of the log's books."""

    def within(self, books: Iterable[int]) -> Log:
        """Returns a log that has these books alone."""

    def heads(self) -> dict[int, int]:
        """Returns the last position of every book. Raises `BooksLost`."""

    def heads_at_hand(self) -> dict[int, int]:
        """Returns the last position of every book but those whose server is lost."""

    def positions_as_known_at(self, instant: datetime, books: Iterable[int] | None = None) -> dict[int, int]:
        """Returns the last position of every book, or of these, recorded by then. Raises ValueError for the future."""


@dataclass(frozen=True, slots=True)
class Step:
    """The result of a step. `checkpoint` is None if another worker holds the book or the generation was dropped.

    `parking` is the version of the book's parking stream at a stop, and `out_of_sequence` the cause if positions were
    skipped or repeated. `events` are the events that were read and that the view uses. If `again`, nothing was folded:
    the parked events have changed, and the folded part is too long for one transaction
    (`projections/engine/refold.py`).
    """

    checkpoint: Checkpoint | None
    read: int = 0
    parking: int = 0
    again: bool = False
    out_of_sequence: OutOfSequence | None = None
    events: Sequence[Recorded] = ()


class _CannotApply(Exception):
    """One of the `read` events after the position `after` cannot be applied, or is missing."""

    def __init__(self, after: int, read: int) -> None:
        super().__init__(after, read)
        self.after = after
        self.read = read

    @property
    def reason(self) -> str:
        return f"position {self.after + 1}: {_words(self.__cause__)}"

    def is_parked(self, parked: frozenset[int]) -> bool:
        """True if the event is parked, so it need not be applied any more."""
        return self.after + 1 in parked


class CannotFoldAgain(_CannotApply):
    """The events up to `after` are folded, but cannot be folded again after a change of the parked events."""

    def __init__(self, done: Checkpoint, parked: frozenset[int], why: str) -> None:
        super().__init__(done.position, 1)
        self._changed = done.parked ^ {position for position in parked if position <= done.position}
        self._why = why

    @property
    def reason(self) -> str:
        changed = ", ".join(map(str, sorted(self._changed)))
        return f"position {changed}: its parking changed, and the book cannot be folded again: {self._why}"

    def is_parked(self, parked: frozenset[int]) -> bool:  # noqa: ARG002 - folding again failed with all that is parked
        """-"""
        return False


def step(engine: Engine, generation: Generation, book: int, *, size: int = SMALLEST, upto: int | None = None) -> Step:
    """Folds up to `size` events of the book, up to the position `upto`, without parked ones.

    An event that cannot be applied stops the book before it, with the reason. Raises only errors that no event causes,
    such as a lost connection or a full disk (see `is_lost`).
    """
    try:
        done = _apply(engine, generation, book, size, upto)
        if done.checkpoint is None and _open(engine, generation, book):
            done = _apply(engine, generation, book, size, upto)
    except _CannotApply as failure:
        if failure.read == 1:
            return stop(engine, generation, book, failure)
        # halves the step until it holds the one event
        done = step(engine, generation, book, size=failure.read // 2, upto=upto)
        if isinstance(failure.__cause__, OutOfSequence) and done.checkpoint and not done.read:
            return stop(engine, generation, book, failure)  # the missing event is the next one
    return done


def _apply(engine: Engine, generation: Generation, book: int, size: int, upto: int | None) -> Step:
    with transaction(engine) as cursor:
        checkpoint = claim(cursor, generation, book)
        if checkpoint is None:
            return Step(None)
        _check(checkpoint)
        until = checkpoint.position + size if upto is None else min(checkpoint.position + size, upto)
        log_range = _read(cursor, generation.projection, checkpoint, until)
        if not log_range.leaves:
            return Step(checkpoint)
        parked = parked_in(cursor, book).of(generation.name)
        if not checkpoint.honours(parked):
            if checkpoint.position > LARGEST:
                return Step(checkpoint, again=True)
            checkpoint = _fold_again(cursor, generation, checkpoint, parked)
        following = checkpoint.after(log_range, parked)
        try:
            fold_into(cursor, generation, book, without(log_range, parked))
        except Exception as error:
            if is_lost(error):
                raise
            raise _CannotApply(checkpoint.position, following.count - checkpoint.count) from error
        move(cursor, generation, following)
    return Step(following, following.count - checkpoint.count, events=log_range.events)


def _fold_again(
    cursor: extensions.cursor, generation: Generation, done: Checkpoint, parked: frozenset[int]
) -> Checkpoint:
    """Folds a book of at most one page again up to its position, without the events that are parked now.

    Readers see the old rows until the transaction commits, so a view never goes backwards.
    """
    try:
        clear(cursor, generation, done.book)
        log_range = _read(cursor, generation.projection, Checkpoint(done.book), done.position)
        fold_into(cursor, generation, done.book, without(log_range, parked))
        return Checkpoint(done.book).after(log_range, parked)
    except Exception as error:
        if is_lost(error):
            raise
        raise CannotFoldAgain(done, parked, _words(error)) from error


def clear(cursor: extensions.cursor, generation: Generation, book: int) -> None:
    """Deletes the rows of the book. The caller has claimed its checkpoint."""
    for table in generation.projection.tables:
        cursor.execute(f"DELETE FROM {generation.stored_name(table)} WHERE book = %s", (book,))


def _read(cursor: extensions.cursor, projection: Projection, checkpoint: Checkpoint, until: int) -> LogRange:
    try:
        return read_log_range(
            cursor,
            book=checkpoint.book,
            after=checkpoint.position,
            upto=until,
            types=projection.event_names(),
            entries_only=projection.entries_only,
        )
    except OutOfSequence as broken:
        raise _CannotApply(checkpoint.position, max(until - checkpoint.position, 1)) from broken


def _check(checkpoint: Checkpoint) -> None:
    try:
        check_count(checkpoint.book, checkpoint.position, checkpoint.count)
    except OutOfSequence as broken:
        raise _CannotApply(checkpoint.position, 1) from broken


def fold_into(cursor: extensions.cursor, generation: Generation, book: int, log_range: LogRange) -> None:
    """Folds the events of the range and writes the rows. Raises any error of the projection."""
    if log_range.events:
        rows = RowStore(cursor, generation, book)
        batch = Batch(book, log_range.events, rows.find)
        generation.projection.fold(batch)
        rows.write(batch)


def _open(engine: Engine, generation: Generation, book: int) -> bool:
    """Adds the book's checkpoint in its own transaction, so that other workers do not wait for the first fold."""
    with transaction(engine) as cursor:
        return open_book(cursor, generation, book)


def stop(engine: Engine, generation: Generation, book: int, failure: _CannotApply) -> Step:
    """Stops the book with the reason, unless it has moved on or the event was parked since."""
    with transaction(engine) as cursor:
        checkpoint = claim(cursor, generation, book)
        if checkpoint is None or checkpoint.position != failure.after:
            return Step(None)  # another worker holds it, or has applied the event
        parked = parked_in(cursor, book)
        if failure.is_parked(parked.of(generation.name)):
            return Step(None)  # the event was parked since
        stopped = checkpoint.stopped(_storable(failure.reason))
        move(cursor, generation, stopped)
    cause = failure.__cause__ if isinstance(failure.__cause__, OutOfSequence) else None
    return Step(stopped, parking=parked.version, out_of_sequence=cause)


def _words(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"


def _storable(reason: str) -> str:
    """Returns the reason without NUL and lone surrogates, which PostgreSQL cannot store, at most 500 characters."""
    return reason[:_REASON_LENGTH].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
