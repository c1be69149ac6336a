"""The event feed: the log from a reader's place on, filtered, in the order of each book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger.ids import merchant_of
from ledger.ledger import Ledger
from ledger.log.cursor import Cursor
from ledger.log.reader import RowFilter
from ledger.log.rows import Recorded
from ledger.log.sequence import check_part, check_whole
from service.feeds.cloud_events import cloud_event
from service.feeds.feed import End, Frame, Growth, Page, Positions, Recent, grown_books
from service.feeds.merchant_events import event_for

SCANNED = 5_000  # positions of a book that one page looks through for events of its filter
_BATCH = 1_000


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


class EventFeed:
    """Reads the log for followers. Safe to share between threads."""

    name = "events"

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def end(self) -> End:
        """Returns the end of the log."""
        return End(self._ledger.reader.heads())

    def page(self, after: Positions, wanted: EventFilter, *, limit: int, upto: Positions | None = None) -> Page:
        """Returns up to `limit` events after the given positions, up to the heads or `upto`. Each grown book has
        the same part of the page, so that a busy book does not hold up the others. Raises `OutOfSequence`."""
        heads = self.end().heads if upto is None else upto
        grown = grown_books(heads, after, wanted)
        positions, frames = dict(after), list[Frame]()
        each = max(1, limit // max(1, len(grown)))
        for book in grown:
            if len(frames) >= limit:
                break
            rows, positions[book] = self.rows(book, after.get(book, 0), heads[book], wanted.of_rows, each)
            frames += self._framed(rows, wanted)
        return Page(frames, positions, is_last=all(positions.get(book, 0) >= heads[book] for book in grown))

    def growth(self, book: int, after: int, upto: int) -> Growth:
        """Returns the next events of a book. Raises `OutOfSequence`."""
        upto = min(upto, after + _BATCH)
        rows = self._ledger.reader.read(book, after, upto - after)
        check_whole(book, after, upto, rows)
        framed = [Recent(row.position, row, self._frame(row, cloud_event(self._ledger_id, row))) for row in rows]
        return Growth(framed, upto)

    def frames(self, recent: Recent, wanted: EventFilter) -> Sequence[Frame]:
        """Returns the event as this reader may see it, or nothing if it does not want it."""
        if wanted.reads_as is not None:
            return list(self._framed([recent.source], wanted))
        return [recent.frame] if wanted.takes(recent.source) else []

    def text(self, row: Recorded, merchant: str | None) -> str | None:
        """Returns the event as a CloudEvent, as the platform or this merchant reads it; None if it may not."""
        if merchant is None:
            return cloud_event(self._ledger_id, row)
        return event_for(self._ledger_id, row, merchant)

    def rows(self, book: int, after: int, head: int, wanted: RowFilter, limit: int) -> tuple[list[Recorded], int]:
        """Returns the wanted events of a range of one book, and the position up to which it was looked through."""
        upto = min(head, after + SCANNED)
        rows = self._ledger.reader.read_range(book, after, upto, wanted, limit)
        seen = rows[-1].position if len(rows) == limit else upto
        (check_whole if wanted.is_open else check_part)(book, after, seen, rows)
        return rows, seen

    def token(self, positions: Positions, key: str = "") -> str:  # noqa: ARG002 - the log has no key
        """Returns the position token of a place."""
        return Cursor.at(positions, self._ledger.identity).token

    def _framed(self, rows: Iterable[Recorded], wanted: EventFilter) -> Iterator[Frame]:
        for row in rows:
            if wanted.takes(row) and (text := self.text(row, wanted.reads_as)) is not None:
                yield self._frame(row, text)

    def _frame(self, row: Recorded, text: str) -> Frame:
        return Frame(row.book, row.position, row.type, text)

    @property
    def _ledger_id(self) -> str:
        return self._ledger.identity.ledger_id
