"""Checkpoints: the position up to which a projection has folded a book, and a digest of all events up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from psycopg2 import extensions
from psycopg2.extras import execute_batch
from sqlalchemy import Connection, text

from ledger.log.log_ranges import LEAF_BYTES, LogRange
from projections.engine.generations import Generation

Status = Literal["following", "stopped"]
NOTHING = bytes(32)  # the digest before the first event


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a projection in a book: events 1 … `position` are in the rows.

    `count` is their number and `digest` the chain of their leaf hashes. If `stopped`, the next event cannot be applied
    and `reason` says why. `parked` are the positions up to `position` that the rows leave out.
    """

    book: int
    position: int = 0
    count: int = 0
    digest: bytes = NOTHING
    status: Status = "following"
    reason: str = ""
    parked: frozenset[int] = frozenset()

    def after(self, log_range: LogRange, parked: frozenset[int] = frozenset()) -> Checkpoint:
        """Returns the checkpoint after this range: all its events count, also unused ones; parked positions are
        noted.
        """
        digest = _chained(self.digest, log_range.leaves)
        left_out = self.parked | {position for position in parked if log_range.after < position <= log_range.last}
        count = self.count + len(log_range.leaves) // LEAF_BYTES
        return Checkpoint(self.book, log_range.last, count, digest, parked=left_out)

    def stopped(self, reason: str) -> Checkpoint:
        return replace(self, status="stopped", reason=reason)

    def honours(self, parked: frozenset[int]) -> bool:
        """True if the rows leave out exactly the parked events up to the position."""
        return self.parked == {position for position in parked if position <= self.position}


@lru_cache(maxsize=2)  # views that are folded together have the same digest
def _chained(digest: bytes, leaves: bytes) -> bytes:
    for at in range(0, len(leaves), LEAF_BYTES):
        digest = sha256(digest + leaves[at : at + LEAF_BYTES]).digest()
    return digest


_CLAIM = """
SELECT position, count, digest, status, reason, parked FROM views.checkpoints
WHERE book = %s AND projection = %s AND generation = %s FOR UPDATE SKIP LOCKED
"""
_CLAIM_ALL = """
SELECT projection, generation, position, count, digest, status, reason, parked FROM views.checkpoints
WHERE book = %s AND (projection, generation) IN %s ORDER BY projection FOR UPDATE SKIP LOCKED
"""
_OPEN = """
INSERT INTO views.checkpoints (book, projection, generation, position, count, digest, status, reason)
SELECT %s, %s, %s, 0, 0, %s, 'following', ''
WHERE EXISTS (SELECT FROM views.generations WHERE projection = %s AND generation = %s)
ON CONFLICT (book, projection, generation) DO NOTHING
"""
_OPEN_ALL = """
INSERT INTO views.checkpoints (book, projection, generation, position, count, digest, status, reason)
SELECT %s, projection, generation, 0, 0, %s, 'following', '' FROM views.generations
WHERE (projection, generation) IN %s
ON CONFLICT (book, projection, generation) DO NOTHING
"""
_POSITIONS_IN = """
SELECT projection, position FROM views.checkpoints WHERE book = %s AND (projection, generation) IN %s
"""
_FOLDED = "SELECT coalesce(sum(position), 0) FROM views.checkpoints WHERE (projection, generation) IN %s"
_MOVE = """
UPDATE views.checkpoints
SET position = %s, count = %s, digest = %s, status = %s, reason = %s, parked = CAST(%s AS bigint[])
WHERE book = %s AND projection = %s AND generation = %s
"""


def open_book(cursor: extensions.cursor, generation: Generation, book: int) -> bool:
    """Adds a checkpoint at position 0, unless there is one or the generation is gone. Returns True if it was added."""
    key = (generation.name, generation.number)
    cursor.execute(_OPEN, (book, *key, NOTHING.hex(), *key))
    return cursor.rowcount == 1


def open_for_all(cursor: extensions.cursor, generations: Sequence[Generation], book: int) -> None:
    """Adds a checkpoint at position 0 for each generation that has none and is not gone."""
    cursor.execute(_OPEN_ALL, (book, NOTHING.hex(), tuple((each.name, each.number) for each in generations)))


def claim(cursor: extensions.cursor, generation: Generation, book: int) -> Checkpoint | None:
    """Locks the checkpoint to the end of the transaction. Only the holder may change the book's rows.

    Returns None if another worker holds it, or if there is none.
    """
    cursor.execute(_CLAIM, (book, generation.name, generation.number))
    found = cursor.fetchone()
    if found is None:
        return None
    return checkpoint_of(book, *found)


def wait_for_turn(cursor: extensions.cursor, generation: Generation, book: int) -> bool:
    """Waits until nobody holds the checkpoint: a process of a rebuild that was cut off may end its step. Returns False
    if there is no checkpoint.
    """
    cursor.execute(_CLAIM.replace("SKIP LOCKED", ""), (book, generation.name, generation.number))
    return cursor.fetchone() is not None


def move(cursor: extensions.cursor, generation: Generation, to: Checkpoint) -> None:
    cursor.execute(_MOVE, _moved(generation, to))


def claim_all(
    cursor: extensions.cursor, generations: Sequence[Generation], book: int
) -> list[tuple[Generation, Checkpoint]]:
    """Locks the checkpoints of several generations, without those that another worker holds."""
    by_key = {(generation.name, generation.number): generation for generation in generations}
    cursor.execute(_CLAIM_ALL, (book, tuple(by_key)))
    return [(by_key[name, number], checkpoint_of(book, *stored)) for name, number, *stored in cursor.fetchall()]


def positions_in(cursor: extensions.cursor, generations: Sequence[Generation], book: int) -> dict[str, int]:
    """Returns the position of each generation in the book by name, without those that have no checkpoint."""
    cursor.execute(_POSITIONS_IN, (book, tuple((each.name, each.number) for each in generations)))
    return dict(cursor.fetchall())


def move_all(cursor: extensions.cursor, to: Sequence[tuple[Generation, Checkpoint]]) -> None:
    """Writes several checkpoints in one round trip."""
    execute_batch(cursor, _MOVE, [_moved(generation, checkpoint) for generation, checkpoint in to])


def _moved(generation: Generation, to: Checkpoint) -> tuple[object, ...]:
    stored = (to.position, to.count, to.digest.hex(), to.status, to.reason, sorted(to.parked))
    return (*stored, to.book, generation.name, generation.number)


def checkpoint_of(
    book: int, position: int, count: int, digest: str, status: Status, reason: str, parked: Sequence[int]
) -> Checkpoint:
    """Returns a checkpoint from its stored columns."""
    return Checkpoint(book, position, count, bytes.fromhex(digest), status, reason, frozenset(parked))


def checkpoints(connection: Connection, generation: Generation) -> dict[int, Checkpoint]:
    """Returns the checkpoints of the generation, by book."""
    rows = connection.execute(
        text(
            "SELECT book, position, count, digest, status, reason, parked FROM views.checkpoints"
            " WHERE projection = :name AND generation = :number ORDER BY book"
        ),
        {"name": generation.name, "number": generation.number},
    )
    return {row[0]: checkpoint_of(*row) for row in rows}


def positions(connection: Connection, generation: Generation) -> dict[int, int]:
    """Returns the position of the generation in each book."""
    return {book: checkpoint.position for book, checkpoint in checkpoints(connection, generation).items()}


def folded(connection: Connection, generations: Sequence[Generation]) -> int:
    """Returns the number of events that the generations have folded together, in all books."""
    keys = tuple((each.name, each.number) for each in generations)
    return int(connection.exec_driver_sql(_FOLDED, (keys,)).scalar_one())


def reached(vector: Mapping[int, int], wanted: Mapping[int, int]) -> bool:
    return all(vector.get(book, 0) >= position for book, position in wanted.items())
