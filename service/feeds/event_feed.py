"""The event feed: the log from a reader's place on, filtered, in the order of each book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.ids import merchant_of
from ledger.ledger import Ledger
from ledger.log.log_ranges import LogHasGap
from ledger.log.reader import RowFilter
from ledger.log.rows import Recorded
from service.feeds.cloud_events import cloud_event
from service.feeds.merchant_events import event_for

Positions = Mapping[int, int]  # book → position
SCANNED = 5_000  # positions of a book that one page looks through for events of its filter


class Frame(NamedTuple):
    """One event of a feed: its place, and its text, one line of JSON."""

    book: int
    position: int
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The events that a reader wants: of these types, books, this merchant and stream. Empty or None means all.

    `reads_as` is the merchant whose part of each event the reader gets; None for the platform's readers.
    """

    types: frozenset[str] = frozenset()
    books: frozenset[int] = frozenset()
    merchant: str | None = None
    stream: str | None = None
    reads_as: str | None = None

    def takes(self, row: Recorded) -> bool:
        """True if the filter wants this event."""
        return (
            (not self.types or row.type in self.types)
            and (not self.books or row.book in self.books)
            and (self.stream is None or row.stream == self.stream)
            and (self.merchant is None or merchant_of(row.stream) == self.merchant)
        )

    @property
    def of_rows(self) -> RowFilter:
        """The part of the filter that the database applies."""
        return RowFilter(types=self.types, merchant=self.merchant, stream=self.stream)


@dataclass(frozen=True, slots=True)
class Page:
    """Events of a feed, and the reader's place after them. `is_last` is true if the log had no more when it was read.

    A page may be empty and not the last one: the filter found nothing in the positions that it looked through.
    """

    frames: Sequence[Frame]
    positions: Positions
    is_last: bool


class EventFeed:
    """Reads the log for followers. Safe to share between threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def heads(self) -> Positions:
        """Returns the end of the log at this moment."""
        return self._ledger.reader.heads()

    def page(self, after: Positions, wanted: EventFilter, *, limit: int, upto: Positions | None = None) -> Page:
        """Returns up to `limit` events after the given positions, up to the heads or `upto`. Each book with news has
        the same part of the page, so that a busy book does not hold up the others. Raises `LogHasGap`."""
        heads = self.heads() if upto is None else upto
        news = [
            book
            for book, head in sorted(heads.items())
            if head > after.get(book, 0) and (not wanted.books or book in wanted.books)
        ]
        positions, frames = dict(after), list[Frame]()
        each = max(1, limit // max(1, len(news)))
        for book in news:
            if len(frames) >= limit:
                break
            rows, positions[book] = self._range(book, after.get(book, 0), heads[book], wanted.of_rows, each)
            frames += self.framed(rows, wanted)
        return Page(frames, positions, is_last=all(positions.get(book, 0) >= heads[book] for book in news))

    def framed(self, rows: Iterable[Recorded], wanted: EventFilter) -> Iterator[Frame]:
        """Yields the wanted events of these, as their reader may see them."""
        for row in rows:
            if wanted.takes(row) and (text := self._text(row, wanted.reads_as)) is not None:
                yield Frame(row.book, row.position, row.type, text)

    def _text(self, row: Recorded, merchant: str | None) -> str | None:
        if merchant is None:
            return cloud_event(self._ledger.identity.ledger_id, row)
        return event_for(self._ledger.identity.ledger_id, row, merchant)

    def _range(self, book: int, after: int, head: int, wanted: RowFilter, limit: int) -> tuple[list[Recorded], int]:
        """Returns the wanted events of a range of one book, and the position up to which it was looked through."""
        upto = min(head, after + SCANNED)
        rows = self._ledger.reader.read_range(book, after, upto, wanted, limit)
        seen = rows[-1].position if len(rows) == limit else upto
        if wanted.is_open and len(rows) != seen - after:
            raise LogHasGap(f"book {book} has {len(rows)} events from position {after + 1} to {seen}")
        return rows, seen
