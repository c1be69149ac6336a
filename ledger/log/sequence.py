"""Order of a book as a reader gets it: each position once, none skipped, none repeated, none of another book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Placed(Protocol):
    """Something at a position of a book."""

    @property
    def book(self) -> int: ...

    @property
    def position(self) -> int: ...


class OutOfSequence(Exception):
    """A reader did not get the positions of a book that come next, or did not count them.

    `skipped` and `repeated` are numbers of positions; both are 0 if only the order is wrong.
    """

    def __init__(self, words: str, *, skipped: int = 0, repeated: int = 0) -> None:
        super().__init__(words)
        self.skipped = skipped
        self.repeated = repeated


def check_whole(book: int, after: int, last: int, rows: Sequence[Placed]) -> None:
    """Raises `OutOfSequence` unless the rows are all positions of the book after `after` up to `last`, in order."""
    found = [row.position if row.book == book else 0 for row in rows]
    if found != list(range(after + 1, last + 1)):
        known = set(found)
        skipped = sum(position not in known for position in range(after + 1, last + 1))
        repeated = len(found) - (last - after - skipped)
        raise OutOfSequence(_words(book, after, last, skipped, repeated), skipped=skipped, repeated=repeated)


def check_part(book: int, after: int, last: int, rows: Sequence[Placed]) -> None:
    """Raises `OutOfSequence` unless the rows are some positions of the book after `after` up to `last`, in order."""
    at, repeated = after, 0
    for row in rows:
        repeated += row.position <= at or row.position > last or row.book != book
        at = max(at, row.position)
    if repeated:
        raise OutOfSequence(_words(book, after, last, 0, repeated), repeated=repeated)


def check_count(book: int, position: int, count: int) -> None:
    """Raises `OutOfSequence` unless as many events are counted as the book has up to the position."""
    if count != position:
        words = f"{count} events are counted up to position {position} of book {book}, where there are {position}"
        raise OutOfSequence(words, skipped=max(position - count, 0), repeated=max(count - position, 0))


def _words(book: int, after: int, last: int, skipped: int, repeated: int) -> str:
    return (
        f"the events of book {book} from position {after + 1} to {last} did not come each once and in order:"
        f" {skipped} were skipped, {repeated} came again or do not belong there"
    )
