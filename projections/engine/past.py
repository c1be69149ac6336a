"""Views as they were: the view's own fold over the events up to a past point, into temporary tables.

So a view needs no history to answer about the past. The cost is the number of events that are folded; it is bounded,
and every answer states it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar, cast

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Connection

from ledger.accounting_days import accounting_day
from ledger.log.database_errors import trouble_of
from ledger.log.log_ranges import LogRange
from ledger.log.reader import Reader, RowFilter
from ledger.log.rows import Recorded
from projections.engine.connections import begin, is_lost
from projections.engine.fold import fold_into
from projections.engine.generations import Generation
from projections.engine.parking import parked_in
from projections.engine.progress import Books, progress
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable
from projections.engine.views import Held, Incomplete, Opened, Vector, Views, Why

T = TypeVar("T")
MOST_FOLDED = 100_000  # events of one answer
_PAGE = 2_000
_EVERYTHING = (RowFilter(),)


class TooManyEvents(Exception):
    """The past state rests on more events than one answer may fold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A past state: the events that had happened by the end of an accounting day, of those recorded by an instant.

    `as_of` is the day, None for all that is known. `as_known_at` is the instant, None for now. `parts` are the events
    that the answer rests on, by book; None for all events of all books.
    """

    as_of: date | None = None
    as_known_at: datetime | None = None
    parts: Mapping[int, Sequence[RowFilter]] | None = None

    def has(self, occurred_at: datetime) -> bool:
        """True if what happened at this instant had happened by the end of the day."""
        return self.as_of is None or accounting_day(occurred_at) <= self.as_of


class TemporaryGeneration(Generation):
    """Tables of a view that end with the transaction."""

    def stored_name(self, table: ViewTable) -> str:
        return f'pg_temp."{table.name}"'

    @property
    def each_book(self) -> str:
        """The books of the array: a cluster joins no table of its servers with one of this session."""
        return "(SELECT unnest(CAST(:books AS integer[])) AS book)"


class PastViews(Views):
    """Views of which all reads see one past state. `folded` counts the events that were folded for it."""

    def __init__(self, views: Views, log: Reader, past: Past, *, most: int = MOST_FOLDED) -> None:
        super().__init__(views.engine, views.log, views.part)
        self._views, self._reader, self._past, self._most = views, log, past, most
        self.waiting = views.waiting
        self.folded = 0

    def read(
        self,
        projection: Projection,
        query: Callable[[Opened], T],
        *,
        at_least: Vector | None = None,
        timeout_s: float = 5.0,
        past_stops: bool = False,
        books: Books = None,
    ) -> T:
        """Returns the result of `query` on the past state. Raises `TooManyEvents`, and what `Views.read` raises.

        An event that the fold cannot apply stops its book, as in the live view. With `as_of` it is left out instead: it
        rests on an event that happened later. `Opened.vector` names both.
        """
        upto = self._positions(projection, at_least, timeout_s, past_stops, books)
        self._expect_few(projection, upto)
        live = progress(self.engine, projection, ()).generation
        with begin(self.engine) as connection:
            past = _Fold(
                connection, TemporaryGeneration(projection, live.version, 0, live.fingerprint), self._reader, self._past
            )
            past.make_tables(live)
            for book, position in upto.items():
                past.fold_book(book, position, self._parts(projection, book))
            self.folded += past.folded
            return query(Opened(connection, past.generation, Held(past.positions, past.left_out)))

    def _positions(
        self, projection: Projection, at_least: Vector | None, timeout_s: float, past_stops: bool, within: Books
    ) -> dict[int, int]:
        """Returns the positions up to which events count: those known then, or those of the live view."""
        books = self._past.parts
        if self._past.as_known_at is not None:
            return self.as_known_at(self._past.as_known_at, books)
        read = {"at_least": at_least, "timeout_s": timeout_s, "past_stops": past_stops, "books": within}
        held = self._views.read(projection, lambda opened: opened.vector, **read)  # type: ignore[arg-type]
        return {book: position for book, position in held.items() if books is None or book in books}

    def _parts(self, projection: Projection, book: int) -> list[RowFilter]:
        types = projection.event_names() or frozenset()
        parts = _EVERYTHING if self._past.parts is None else self._past.parts[book]
        return [part._replace(types=types) for part in parts]

    def _expect_few(self, projection: Projection, upto: Vector) -> None:
        left = self._most
        for book, position in upto.items():
            for part in self._parts(projection, book):
                left -= self._reader.count_range(book, 0, position, part, left + 1)
                if left < 0:
                    raise TooManyEvents(
                        f"This past state of {projection.name} rests on more than {self._most:,} events, the most that"
                        " one answer folds."
                    )


@dataclass(slots=True)
class _Fold:
    """A fold of past events into temporary tables, in one transaction."""

    connection: Connection
    generation: TemporaryGeneration
    reader: Reader
    past: Past
    folded: int = 0
    positions: dict[int, int] = field(default_factory=dict)
    left_out: list[Incomplete] = field(default_factory=list)

    def make_tables(self, live: Generation) -> None:
        for table in live.projection.tables:
            self.connection.exec_driver_sql(
                f'CREATE TEMPORARY TABLE "{table.name}" (LIKE {live.stored_name(table)} INCLUDING INDEXES)'
                " ON COMMIT DROP"
            )

    def fold_book(self, book: int, upto: int, parts: Sequence[RowFilter]) -> None:
        """Folds the events of a book, page by page."""
        self.positions[book] = upto
        with self._cursor() as cursor:
            parked = parked_in(cursor, book).of(self.generation.name)
            self._leave_out(book, sorted(position for position in parked if position <= upto), "parked")
            for part in parts:
                after = 0
                while rows := self.reader.read_range(book, after, self.positions[book], part, _PAGE):
                    after = rows[-1].position
                    self.folded += len(rows)
                    wanted = [row for row in rows if row.position not in parked and self.past.has(row.occurred_at)]
                    self._apply(cursor, wanted)

    def _apply(self, cursor: extensions.cursor, rows: Sequence[Recorded]) -> bool:
        """Folds events of one book. Returns False if the book stops at one of them."""
        if not rows:
            return True
        cursor.execute("SAVEPOINT page")
        try:
            fold_into(cursor, self.generation, rows[0].book, LogRange(0, rows[-1].position, b"", list(rows)))
        except Exception as error:
            if is_lost(error):
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT page")
            if len(rows) == 1:
                return self._pass_over(rows[0])
            half = len(rows) // 2
            return self._apply(cursor, rows[:half]) and self._apply(cursor, rows[half:])
        cursor.execute("RELEASE SAVEPOINT page")
        return True

    def _pass_over(self, row: Recorded) -> bool:
        if self.past.as_of is not None:
            self._leave_out(row.book, [row.position], "unfounded")
            return True
        self._leave_out(row.book, [row.position], "stopped")
        self.positions[row.book] = row.position - 1
        return False

    def _leave_out(self, book: int, positions: Sequence[int], why: Why) -> None:
        self.left_out += [Incomplete(self.generation.name, book, position, why) for position in positions]

    @contextmanager
    def _cursor(self) -> Iterator[extensions.cursor]:
        """Yields a psycopg2 cursor in the transaction. Raises `DatabaseTrouble`."""
        try:
            with closing(cast(extensions.cursor, self.connection.connection.cursor())) as cursor:
                yield cursor
        except psycopg2.Error as error:
            if trouble := trouble_of(error, url=self.connection.engine.url):
                raise trouble from error
            raise
