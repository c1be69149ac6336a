"""Audit of completeness: the digest of each checkpoint is computed again from the log, while the views follow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from psycopg2 import extensions
from sqlalchemy import Engine

from ledger.log.log_ranges import read_leaves
from ledger.log.observer import UNOBSERVED, Observer
from ledger.log.reader import Reader
from ledger.log.sequence import OutOfSequence, check_count
from projections.engine.checkpoints import Checkpoint, claim, move
from projections.engine.connections import transaction
from projections.engine.generations import Generation
from projections.engine.progress import progress_by_name
from projections.engine.projection import Projection

_PAGE = 20_000  # hashes that are read at a time


class CompletenessAudit:
    """Compares checkpoints with the log, and stops a view in a book where they differ. One thread uses it.

    The digest of a position is the same for every view. So a book's hashes are read once for all views, and again only
    after the lowest position of the last audit.
    """

    def __init__(self, engine: Engine, projections: Sequence[Projection], *, observer: Observer = UNOBSERVED) -> None:
        self._engine, self._projections, self._observer = engine, projections, observer
        self._audited: dict[int, Checkpoint] = {}  # by book: the log up to a position

    def check(self) -> list[tuple[Generation, Checkpoint]]:
        """Audits all views in all books but lost ones. Returns the books that it has stopped, with each generation."""
        books = Reader(self._engine).heads_at_hand()
        with self._engine.connect() as connection:
            known = progress_by_name(connection, self._projections, books).values()
        standing: dict[int, list[tuple[Generation, Checkpoint]]] = {}
        for progress in known:
            for book, checkpoint in progress.checkpoints.items():
                if checkpoint.status == "following":
                    standing.setdefault(book, []).append((progress.generation, checkpoint))
        return [each for book in standing for each in self._check_book(book, standing[book])]

    def _check_book(
        self, book: int, standing: Iterable[tuple[Generation, Checkpoint]]
    ) -> Iterator[tuple[Generation, Checkpoint]]:
        in_order = sorted(standing, key=lambda each: each[1].position)
        lowest = in_order[0][1].position
        at = self._audited.get(book, Checkpoint(book))
        if lowest < at.position:
            at = Checkpoint(book)
        for generation, checkpoint in in_order:
            with transaction(self._engine) as cursor:
                at = _log_at(cursor, at, checkpoint.position)
            if at.position == lowest:
                self._audited[book] = at
            if _difference(at, checkpoint) and (stopped := self._stop(generation, at)):
                yield generation, stopped

    def _stop(self, generation: Generation, at: Checkpoint) -> Checkpoint | None:
        """Stops the view in the book, if its checkpoint still differs from the log. `at` is the log before it.

        Returns None if it does not, or if a worker folds the book now: then the next audit stops it.
        """
        with transaction(self._engine) as cursor:
            checkpoint = claim(cursor, generation, at.book)
            if checkpoint is None or checkpoint.status == "stopped":
                return None
            start = at if at.position <= checkpoint.position else Checkpoint(at.book)
            difference = _difference(_log_at(cursor, start, checkpoint.position), checkpoint)
            if difference is None:
                return None
            stopped = checkpoint.stopped(f"position {checkpoint.position}: OutOfSequence: {difference}")
            move(cursor, generation, stopped)
        self._observer.out_of_sequence(generation.name, skipped=difference.skipped, repeated=difference.repeated)
        return stopped


def check_digest(engine: Engine, checkpoint: Checkpoint) -> None:
    """Raises `OutOfSequence` unless the checkpoint has the count and the digest of the log up to its position."""
    with transaction(engine) as cursor:
        at = _log_at(cursor, Checkpoint(checkpoint.book), checkpoint.position)
    if difference := _difference(at, checkpoint):
        raise difference


def _log_at(cursor: extensions.cursor, at: Checkpoint, position: int) -> Checkpoint:
    """Returns the true checkpoint at a position, from an earlier one; before the position if the log is not whole."""
    while at.position < position:
        upto = min(at.position + _PAGE, position)
        try:
            leaves = read_leaves(cursor, book=at.book, after=at.position, upto=upto)
        except OutOfSequence:  # `verify-log` names the place
            return at
        if not leaves.leaves:
            return at
        at = at.after(leaves)
    return at


def _difference(log: Checkpoint, checkpoint: Checkpoint) -> OutOfSequence | None:
    """Returns the difference of a checkpoint from the log, or None."""
    try:
        check_count(checkpoint.book, checkpoint.position, checkpoint.count)
    except OutOfSequence as difference:
        return difference
    if log.position < checkpoint.position:
        words = f"the log has no whole sequence up to position {checkpoint.position} of book {checkpoint.book}"
        return OutOfSequence(words, skipped=checkpoint.position - log.position)
    if replace(log, parked=checkpoint.parked, status=checkpoint.status, reason=checkpoint.reason) != checkpoint:
        words = f"the events folded up to position {checkpoint.position} are not those of book {checkpoint.book}"
        return OutOfSequence(words, skipped=1, repeated=1)
    return None
