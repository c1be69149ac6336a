"""The position of a live view in each book, in one round trip: read at every wake-up and by every waiting reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ProgrammingError

from projections.engine.checkpoints import Checkpoint, checkpoint_of
from projections.engine.connections import snapshot_asked
from projections.engine.control import NOT_PREPARED, prepare
from projections.engine.generations import Generation, current, ensure_live
from projections.engine.projection import Projection

# No outer join: a cluster would send all checkpoints of all books around, to join them on the side of the projections.
_BEGUN = """
SELECT p.projection, p.version, p.generation, p.fingerprint, c.book, c.position, c.count, c.digest, c.status, c.reason,
       c.parked
FROM views.projections p JOIN views.checkpoints c USING (projection, generation)
WHERE p.projection = ANY(%(names)s)
"""
_BEGUN_IN = f"{_BEGUN} AND c.book = ANY(%(books)s)"
_LIVE = "SELECT projection, version, generation, fingerprint, NULL FROM views.projections WHERE projection = ANY(%s)"
Books = Collection[int] | None  # None means all


@dataclass(frozen=True, slots=True)
class GenerationProgress:
    """A live generation and its checkpoint in each book that it has begun."""

    generation: Generation
    checkpoints: dict[int, Checkpoint]

    @property
    def positions(self) -> dict[int, int]:
        return {book: checkpoint.position for book, checkpoint in self.checkpoints.items()}

    def has_begun(self, book: int) -> bool:
        return book in self.checkpoints

    def is_sound(self, book: int) -> bool:
        """True unless the book has stopped, or its events cannot be those up to its position."""
        known = self.checkpoints.get(book, Checkpoint(book))
        return known.status == "following" and known.position == known.count


def progress(engine: Engine, projection: Projection, books: Books = None) -> GenerationProgress:
    """Returns the projection's progress in these books; makes an empty live generation if there is none. Raises
    `ViewOutdated`."""
    return progress_of(engine, [projection], books)[projection.name]


def progress_of(
    engine: Engine, projections: Sequence[Projection], books: Books = None
) -> dict[str, GenerationProgress]:
    """Returns the progress of each projection by name, in their order and of one moment. Otherwise as `progress`."""
    found = progress_of_any(engine, projections, books)
    known = {each.name: _current(found, each) for each in projections}
    return {each.name: known[each.name] or GenerationProgress(ensure_live(engine, each), {}) for each in projections}


def progress_of_any(
    engine: Engine, projections: Sequence[Projection], books: Books = None
) -> dict[str, GenerationProgress]:
    """Returns the progress by name, of live generations of any version, without the never folded."""
    try:
        with engine.connect() as connection:
            return progress_by_name(connection, projections, books)
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) not in NOT_PREPARED:
            raise
        prepare(engine)
        with engine.connect() as connection:
            return progress_by_name(connection, projections, books)


def progress_now(connection: Connection, projection: Projection, books: Books = None) -> GenerationProgress | None:
    """Returns the progress in this transaction, or None if it was never folded. Raises `ViewOutdated`."""
    return _current(progress_by_name(connection, [projection], books), projection)


@contextmanager
def opened(
    engine: Engine, projection: Projection, books: Books = None
) -> Iterator[tuple[Connection, GenerationProgress | None]]:
    """Yields a snapshot, and the progress in these books in it, None if it was never folded. Raises `ViewOutdated`."""
    with snapshot_asked(engine, *_question([projection], books)) as (connection, rows):
        yield connection, _current(_found(connection, rows, [projection]), projection)


def progress_by_name(
    connection: Connection, projections: Sequence[Projection], books: Books = None
) -> dict[str, GenerationProgress]:
    """Returns the progress of several projections in these books by name, of any version, without the never folded."""
    rows = connection.exec_driver_sql(*_question(projections, books)) if books is None or books else ()
    return _found(connection, rows, projections)


def _question(projections: Sequence[Projection], books: Books) -> tuple[str, dict[str, Any]]:
    names = {"names": [projection.name for projection in projections]}
    return (_BEGUN, names) if books is None else (_BEGUN_IN, names | {"books": list(books)})


def _found(
    connection: Connection, begun: Iterable[Any], projections: Sequence[Projection]
) -> dict[str, GenerationProgress]:
    """Returns the progress in the rows of begun books. Reads the live generations of views that have none."""
    by_name = {projection.name: projection for projection in projections}
    found: dict[str, GenerationProgress] = {}
    rows = list(begun)
    if rest := sorted(by_name.keys() - {row[0] for row in rows}):
        rows += connection.exec_driver_sql(_LIVE, (rest,))
    for name, version, number, made_by, book, *place in rows:
        progress = found.setdefault(name, GenerationProgress(Generation(by_name[name], version, number, made_by), {}))
        if book is not None:
            progress.checkpoints[book] = checkpoint_of(book, *place)
    return found


def _current(found: Mapping[str, GenerationProgress], projection: Projection) -> GenerationProgress | None:
    known = found.get(projection.name)
    if known is not None:
        current(known.generation)
    return known
