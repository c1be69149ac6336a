"""The reading side of the log: books in order, streams, guards and earlier answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic, sleep
from typing import Any, NamedTuple, cast

import psycopg2
from sqlalchemy import Engine

from ledger.log.claims import CLAIMS, OpenInCases, asked_of, open_in_cases
from ledger.log.database_errors import READ_ONLY, ConnectionLost, DatabaseTrouble, shown
from ledger.log.engine import BEYOND_CALENDAR, cursor_of, read_plainly
from ledger.log.lost_books import BooksLost, is_lost, of_each
from ledger.log.rows import FAR_BY, EventSummary, Receipt, Recorded, Status

_COLUMNS = ", ".join(Recorded._fields).replace("event_id", "event_id::text")
_READ = f"SELECT {_COLUMNS} FROM log.events WHERE book = %s AND position > %s ORDER BY position LIMIT %s"
_VERSIONS = (
    f"SELECT {_COLUMNS} FROM log.events WHERE book = %s AND stream = %s AND version > %s ORDER BY version LIMIT %s"
)
_RANGE = f"SELECT {_COLUMNS} FROM log.events WHERE book = %(book)s AND position > %(after)s AND position <= %(upto)s"
_AT = f"SELECT {_COLUMNS} FROM log.events WHERE book = %s AND position = ANY(%s) ORDER BY position"
_RANGE_PLACES = _RANGE.replace(_COLUMNS, "position")
_OF_KIND = (  # of "C" collation: what follows a slash lies between "/" and "0"
    "SELECT stream FROM log.events WHERE book = %(book)s AND version = 1 AND stream > %(kind)s || '/' || %(after)s"
    " AND stream < %(kind)s || '0' ORDER BY stream LIMIT %(limit)s"
)
_SUMMARY_COLUMNS = ", ".join(EventSummary._fields).replace("far_by", FAR_BY)
_SUMMARIES = _READ.replace(_COLUMNS, _SUMMARY_COLUMNS)
# One statement reads one book, so that a book may be on a server of its own.
_STREAMS = f"SELECT {_COLUMNS} FROM log.events WHERE book = %(book)s AND stream = ANY(%(keys)s) ORDER BY book, position"
_SUMMARIES_OF_STREAMS = _STREAMS.replace(_COLUMNS, _SUMMARY_COLUMNS)
_GUARD = "merchant_id, version, available, on_hold, in_transit, in_open_cases"
_ACCOUNTS = f"SELECT {_GUARD} FROM log.accounts WHERE book = %(book)s AND merchant_id = ANY(%(keys)s)"
_BROKEN_STREAMS = (
    "SELECT position, stream, version, place FROM ("
    "SELECT position, stream, version, row_number() OVER stream AS place,"
    " lag(position, 1, 0::bigint) OVER stream AS before"
    " FROM log.events WHERE book = %s WINDOW stream AS (PARTITION BY stream ORDER BY version)) AS e"
    " WHERE version <> place OR position < before ORDER BY position LIMIT %s"
)
_ANSWERS = (
    "SELECT command_id, min(fingerprint), min(position), max(position), '', '{}' FROM log.events"
    " WHERE book = %(book)s AND command_id = ANY(%(keys)s) GROUP BY command_id"
    " UNION ALL SELECT command_id, fingerprint, 0, 0, code, facts FROM log.outcomes"
    " WHERE book = %(book)s AND command_id = ANY(%(keys)s)"
)
_IS_THERE = "SELECT 1 FROM log.events WHERE book = %s AND stream = %s AND version = 1"
_HEADS = "SELECT book, position FROM log.heads ORDER BY book"
_HEADS_OF = "SELECT book, position FROM log.heads WHERE book = ANY(%s) ORDER BY book"
_HEAD = "SELECT position FROM log.heads WHERE book = %s"
_OPEN_DAYS = "SELECT book, first_open_day FROM log.heads ORDER BY book"
_OPEN_DAYS_OF = "SELECT book, first_open_day FROM log.heads WHERE book = ANY(%s) ORDER BY book"
_OPEN_DAY = "SELECT first_open_day FROM log.heads WHERE book = %s"
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.05


class RowFilter(NamedTuple):
    """The events of a range that are wanted: of these types, of streams whose second part is the merchant, of one
    stream. Empty or None means all.
    """

    types: frozenset[str] = frozenset()
    merchant: str | None = None
    stream: str | None = None

    @property
    def is_open(self) -> bool:
        """True if every event is wanted."""
        return self == _EVERY_ROW

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Returns the condition as SQL, with its values."""
        wanted = {
            "type = ANY(%(types)s)": {"types": sorted(self.types)} if self.types else None,
            "split_part(stream, '/', 2) = %(merchant)s": {"merchant": self.merchant} if self.merchant else None,
            "stream = %(stream)s": {"stream": self.stream} if self.stream else None,
        }
        values = {sql: value for sql, value in wanted.items() if value}
        return "".join(f" AND {sql}" for sql in values), {k: v for value in values.values() for k, v in value.items()}


_EVERY_ROW = RowFilter()


class AccountRow(NamedTuple):
    """A merchant's guard: its version; the sums of 2120, 2130 and 2140 in fen, credit positive; and the part of them
    that open cases and disputes may still take, in fen.
    """

    version: int
    available: int
    on_hold: int
    in_transit: int
    in_open_cases: int


@dataclass(slots=True, frozen=True)
class EarlierAnswer:
    """The earlier answer to a command id, and the fingerprint of that command's body."""

    fingerprint: str
    receipt: Receipt

    def to(self, fingerprint: str) -> Receipt:
        """Returns the earlier receipt if the body's fingerprint is the same, else a receipt `REUSED`."""
        if fingerprint == self.fingerprint:
            return self.receipt
        return Receipt(status=Status.REUSED, book=self.receipt.book)


class Reader:
    """Reads the log. Thread-safe. A read is repeated once if its connection is lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.part: frozenset[int] | None = None  # the only books that it has, None for all

    def within(self, books: Iterable[int]) -> Reader:
        """Returns a reader for which the ledger has these books alone."""
        narrowed = copy(self)
        narrowed.part = frozenset(books)
        return narrowed

    def read(self, book: int, after: int, limit: int) -> list[Recorded]:
        """Returns up to `limit` events of the book in order, after position `after`."""
        return [_recorded(row) for row in self._rows(_READ, (book, after, limit))]

    def read_range(self, book: int, after: int, upto: int, wanted: RowFilter, limit: int) -> list[Recorded]:
        """Returns up to `limit` wanted events after position `after` and up to `upto`, in order."""
        condition, values = wanted.condition()
        statement = f"{_RANGE}{condition} ORDER BY position LIMIT %(limit)s"
        within = {"book": book, "after": after, "upto": upto, "limit": limit}
        return [_recorded(row) for row in self._rows(statement, within | values)]

    def read_at(self, book: int, positions: Sequence[int]) -> list[Recorded]:
        """Returns the events of the book at these positions, in order."""
        return [_recorded(row) for row in self._rows(_AT, (book, list(positions)))]

    def count_range(self, book: int, after: int, upto: int, wanted: RowFilter, most: int) -> int:
        """Returns the number of wanted events of a range. Counts no further than `most`."""
        condition, values = wanted.condition()
        statement = f"SELECT count(*) FROM ({_RANGE_PLACES}{condition} LIMIT %(most)s) AS found"
        within = {"book": book, "after": after, "upto": upto, "most": most}
        ((count,),) = self._rows(statement, within | values)
        return int(count)

    def summaries(self, book: int, after: int, *, limit: int = 5_000) -> Iterator[list[EventSummary]]:
        """Yields the events after `after` in batches. The next batch is fetched while the caller uses this one."""
        with ThreadPoolExecutor(1, thread_name_prefix="news") as ahead:
            coming = ahead.submit(self._summaries, book, after, limit)
            while batch := coming.result():
                coming = ahead.submit(self._summaries, book, batch[-1].position, limit)
                yield batch

    def _summaries(self, book: int, after: int, limit: int) -> list[EventSummary]:
        return list(map(EventSummary._make, self._rows(_SUMMARIES, (book, after, limit))))

    def read_stream(self, book: int, stream: str) -> list[Recorded]:
        """Returns all events of one stream, in order."""
        return self.load(book, [stream])[stream]

    def read_versions(self, book: int, stream: str, after: int, limit: int) -> list[Recorded]:
        """Returns up to `limit` events of one stream in order, after the version `after`."""
        return [_recorded(row) for row in self._rows(_VERSIONS, (book, stream, after, limit))]

    def has_stream(self, book: int, stream: str) -> bool:
        """True if the stream has an event."""
        return bool(self._rows(_IS_THERE, (book, stream)))

    def streams_of(self, book: int, kind: str, *, after: str = "", limit: int | None = None) -> list[str]:
        """Returns the names of a book's streams of one kind in order, after what follows the kind in a name."""
        asked = {"book": book, "kind": kind, "after": after, "limit": limit}
        return [stream for (stream,) in self._rows(_OF_KIND, asked)]

    def load(self, book: int, streams: Sequence[str]) -> dict[str, list[Recorded]]:
        """Returns all events of each stream, in order, with one query. A stream without events has an empty list."""
        found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
        for recorded in self.rows_of_streams(dict.fromkeys(streams, book)):
            found[recorded.stream].append(recorded)
        return found

    def rows_of_streams(self, books: Mapping[str, int]) -> list[Recorded]:
        """Returns all events of these streams (stream → book), in order of book and position."""
        return [_recorded(row) for row in self._rows_of_streams(_STREAMS, books)]

    def summaries_of_streams(self, books: Mapping[str, int]) -> list[EventSummary]:
        """Returns the summaries of all events of these streams (stream → book), in order of book and position."""
        return list(map(EventSummary._make, self._rows_of_streams(_SUMMARIES_OF_STREAMS, books)))

    def accounts(self, book: int, merchant_ids: Sequence[str]) -> dict[str, AccountRow]:
        """Returns the guards of these merchants. A merchant without a guard yet is left out."""
        rows = self._rows(_ACCOUNTS, {"book": book, "keys": list(merchant_ids)})
        return {row[0]: AccountRow(*row[1:]) for row in rows}

    def answers(self, book: int, command_ids: Sequence[str]) -> dict[str, EarlierAnswer]:
        """Returns earlier answers by command id, with one query. An id without an answer is left out."""
        found = {}
        rows = self._rows(_ANSWERS, {"book": book, "keys": list(command_ids)})
        for command_id, fingerprint, first, last, code, facts in rows:
            receipt = Receipt(status=Status.REPEATED, book=book, first=first, last=last, code=code, facts=facts)
            found[command_id] = EarlierAnswer(fingerprint, receipt)
        return found

    def place_of_command(self, command_id: str) -> tuple[int, int, int] | None:
        """Returns the book of a command's events with the first and the last position, or None if it has none."""
        for book in self.books():
            answer = self.answers(book, [command_id]).get(command_id)
            if answer and answer.receipt.first:
                return book, answer.receipt.first, answer.receipt.last
        return None

    def books(self) -> Collection[int]:
        """Returns the numbers of all books."""
        if self.part is not None:
            return self.part
        ((count,),) = self._rows("SELECT books FROM log.identity", ())
        return range(count)

    def has_book(self, book: int) -> bool:
        return book in self.books()

    def heads(self, books: Collection[int] | None = None) -> dict[int, int]:
        """Returns the last position of every book, or of `books`; 0 if it is empty. Raises `BooksLost`."""
        if books is not None:
            return dict(self._rows(_HEADS_OF, (list(books),)))
        found, lost = self._heads()
        if lost:
            raise BooksLost(lost)
        return found

    def heads_at_hand(self) -> dict[int, int]:
        """Returns the last position of every book but the lost ones."""
        return self._heads()[0]

    def lost_books(self) -> list[int]:
        """Returns the books whose server is lost."""
        return self._heads()[1]

    def check_writable(self) -> None:
        """Raises `DatabaseTrouble` unless the database answers and accepts writes."""
        ((read_only,),) = self._rows("SELECT current_setting('transaction_read_only')::boolean", ())
        if read_only:
            raise DatabaseTrouble("", shown(self._engine.url), READ_ONLY)

    def first_open_days(self) -> dict[int, date]:
        """Returns the first open accounting day of every book; 0001-01-01 if no period was closed."""
        if self.part is None:
            return dict(self._rows(_OPEN_DAYS, ()))
        return dict(self._rows(_OPEN_DAYS_OF, (list(self.part),)))

    def first_open_day(self, book: int) -> date:
        """Returns the first open accounting day of the book; 0001-01-01 if no period was closed."""
        ((day,),) = self._rows(_OPEN_DAY, (book,))
        return cast(date, day)

    def positions_as_known_at(self, instant: datetime, books: Iterable[int] | None = None) -> dict[int, int]:
        """Returns the last position of every book, or of `books`, that was recorded at `instant`. Waits for running
        appends.

        Raises ValueError for an instant in the future.
        """
        wanted = self.heads() if books is None else books
        return {book: self._position_as_known_at(book, instant) for book in wanted}

    def wait_for(self, book: int, position: int, timeout_s: float) -> bool:
        """Returns True once the book is at this position, or False after `timeout_s`."""
        deadline, pause_s = monotonic() + timeout_s, _SHORTEST_PAUSE_S
        while self._head(book) < position:
            if monotonic() >= deadline:
                return False
            sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S, max(deadline - monotonic(), 0))
        return True

    def broken_streams(self, book: int, limit: int) -> list[tuple[int, str, int, int]]:
        """Returns events whose version does not follow the stream's last one: position, stream, version, expected
        version.
        """
        return [(row[0], row[1], row[2], row[3]) for row in self._rows(_BROKEN_STREAMS, (book, limit))]

    def open_in_cases(self, book: int, upto: int) -> dict[str, OpenInCases]:
        """Returns the open claims by merchant up to a position, folded from events, to check the guards."""
        return open_in_cases(self._rows(CLAIMS, asked_of(book, upto)))

    def select(self, statement: str, *parameters: Any) -> Iterable[tuple[Any, ...]]:
        """Returns rows of the log's other tables, for verification."""
        return self._rows(statement, parameters)

    def _head(self, book: int) -> int:
        rows = self._rows(_HEAD, (book,))
        return next((position for (position,) in rows), 0)

    def _position_as_known_at(self, book: int, instant: datetime) -> int:
        try:
            ((position,),) = self._rows("SELECT log.position_as_known_at(%s, %s)", (book, instant))
        except psycopg2.Error as error:
            if error.pgcode == "RL002":
                raise ValueError(f"{instant.isoformat()} has not come yet") from None
            raise
        return int(position)

    def _heads(self) -> tuple[dict[int, int], list[int]]:
        """Asks all books with one statement and, if a server behind the database is lost, each book alone. Returns the
        positions, and the lost books.
        """
        try:
            return dict(self._rows(_HEADS, ())) if self.part is None else self.heads(self.part), []
        except ConnectionLost as trouble:
            if not is_lost(trouble):
                raise
        return of_each(self.books(), self._head)

    def _rows_of_streams(self, statement: str, books: Mapping[str, int]) -> Iterable[tuple[Any, ...]]:
        """Returns rows of streams (stream → book). A stream stands in one book only, so that its name finds it in
        several.
        """
        asked = set(books.values())
        if len(asked) != 1:
            statement = statement.replace("book = %(book)s", "book = ANY(%(books)s)")
        return self._rows(statement, {"book": max(asked, default=0), "books": sorted(asked), "keys": list(books)})

    def _rows(self, statement: str, parameters: Any) -> Iterable[tuple[Any, ...]]:
        try:
            return self._fetch(statement, parameters)
        except ConnectionLost:
            return self._fetch(statement, parameters)

    def _fetch(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        with cursor_of(self._engine) as cursor:
            read_plainly(cursor)
            cursor.execute(statement, parameters)
            with suppress(*BEYOND_CALENDAR):
                return cursor.fetchall()
        with cursor_of(self._engine) as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()


def _recorded(row: tuple[Any, ...]) -> Recorded:
    return Recorded._make((*row[:-1], bytes(row[-1])))
