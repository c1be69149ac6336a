"""The parts that the feeds of events and of views have in common: frames, pages, filters, and what a tail follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Positions = Mapping[int, int]  # book → position


class Frame(NamedTuple):
    """One event or changed row: its place, its type, and its text, one line of JSON."""

    book: int
    position: int
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Frames of a feed, and the reader's place after them. `is_last` is true if there was no more when it was read.

    A page may be empty and not the last one: the filter found nothing in the positions that it looked through. `key` is
    what the frames are made of: pages of another key belong to another copy. The log has one key, which is empty.
    """

    frames: Sequence[Frame]
    positions: Positions
    is_last: bool
    key: str = ""


class Filter(Protocol):
    """The choice of a reader. `books` are those that it follows; empty means all."""

    @property
    def books(self) -> frozenset[int]: ...


class Recent(NamedTuple):
    """Something new in a book: the row of the log or of a view, with the frame that most readers get."""

    position: int
    source: Any
    frame: Frame


class End(NamedTuple):
    """The end of a feed at one moment, by book, and the key of what leads up to it."""

    heads: Positions
    key: str = ""


class Growth(NamedTuple):
    """The new part of a book, and the position that it reaches."""

    recent: Sequence[Recent]
    reached: int
    key: str = ""


class Feed(Protocol):
    """A feed that readers follow, page by page or through a tail. Safe to share between threads."""

    @property
    def name(self) -> str:
        """The feed in metrics."""

    def end(self) -> End:
        """Returns the end of the feed."""

    def page(self, after: Positions, wanted: Any, *, limit: int, upto: Positions | None = None) -> Page:
        """Returns up to about `limit` frames after the given positions, up to the end or `upto`."""

    def growth(self, book: int, after: int, upto: int) -> Growth:
        """Returns what is new in a book after a position, for readers of every filter."""

    def frames(self, recent: Recent, wanted: Any) -> Sequence[Frame]:
        """Returns the frame for a reader with this filter, or none."""

    def token(self, positions: Positions, key: str) -> str:
        """Returns the token of a place."""


def grown_books(heads: Positions, after: Positions, wanted: Filter) -> list[int]:
    """Returns the wanted books that have something after these positions."""
    return [
        book
        for book, head in sorted(heads.items())
        if head > after.get(book, 0) and (not wanted.books or book in wanted.books)
    ]
