"""Batches: the next events of one book, and the rows that a fold may read and change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from sys import maxsize
from typing import Any

from ledger.ids import key_form
from ledger.log.rows import Recorded
from ledger.log.sequence import OutOfSequence
from projections.engine.tables import ViewTable

Key = tuple[Any, ...]  # the primary key of a row without the book
Row = dict[str, Any]
# returns the stored rows of these keys, deleted ones included
Find = Callable[[ViewTable, Sequence[Key]], Iterable[Row]]


def indexed(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Returns the values of a key as the index holds them: a very long text is replaced by its digest."""
    for value in values:
        if type(value) is str and key_form(value) is not value:
            return tuple([key_form(value) if type(value) is str else value for value in values])
    return values  # almost always, and a copy would cost more than the check


class Batch:
    """Consecutive events of one book, without those that the projection does not use.

    `recorded.event` decodes at each call, so a fold calls it only if needed. Changed rows are kept in memory and
    written once after the fold, together with the checkpoint.
    """

    def __init__(self, book: int, events: Sequence[Recorded], find: Find) -> None:
        self.book = book
        self.events = events
        self._find = find
        self.kept: dict[ViewTable, KeptRows] = {}
        self.appended: dict[ViewTable, list[tuple[Any, ...]]] = {}

    def rows(self, table: ViewTable) -> KeptRows:
        """Returns the rows of a kept table, as this batch has changed them so far."""
        found = self.kept.get(table)
        if found is None:
            first = self.events[0].position if self.events else maxsize
            found = self.kept[table] = KeptRows(self.book, table, self._find, first=first)
        return found

    def lines(self, table: ViewTable) -> list[tuple[Any, ...]]:
        """Returns the list of rows to append to the table: tuples of all columns, book and position first."""
        return self.appended.setdefault(table, [])


class KeptRows:
    """The rows of one table that a batch touches, by key."""

    def __init__(self, book: int, table: ViewTable, find: Find, *, first: int) -> None:
        self._book = book
        self._first = first  # the first event of the batch
        self._table = table
        self._find = find
        self.key = table.key
        self._rows: dict[Key, Row | None] = {}
        self._stored: set[Key] = set()
        self._touched: dict[Key, None] = {}  # in the order of the first change

    def load(self, keys: Iterable[Key]) -> None:
        """Fetches the rows of all these keys in one query, for a batch that changes many.

        Raises `OutOfSequence` if a stored row was changed by an event of the batch: it would be folded again.
        """
        missing = [key for key in dict.fromkeys(map(indexed, dict.fromkeys(keys))) if key not in self._rows]
        if not missing:
            return
        self._rows.update(dict.fromkeys(missing))
        for row in self._find(self._table, missing):
            key = tuple(row[name] for name in self._table.key)
            if row["changed_at_position"] >= self._first:
                raise _folded_before(self._table, row, self._first)
            self._rows[key] = row
            self._stored.add(key)

    def get(self, *key: Any) -> Row | None:
        """Returns the row of this key, or None if there is none or it is deleted. Fetches it if it was not loaded."""
        row = self.last(*key)
        return None if row is None or row["deleted"] else row

    def last(self, *key: Any) -> Row | None:
        """Returns the row of this key as it was last put, also if it is deleted since; None if it never was put."""
        key = indexed(key)
        if key not in self._rows:
            self.load((key,))
        return self._rows[key]

    def put(self, row: Row, *, at: int) -> None:
        """Stores the row as the event at position `at` leaves it: all columns but `book` and the engine's own two."""
        given = tuple([row[name] for name in self._table.key])
        if (key := indexed(given)) is not given:
            row.update(zip(self._table.key, key, strict=True))
        if key not in self._rows:
            self.load((key,))
        row["book"], row["changed_at_position"], row["deleted"] = self._book, at, False
        self._rows[key] = row
        self._touched[key] = None

    def delete(self, *key: Any, at: int) -> None:
        """Marks the row as deleted, so that the change feed shows the deletion. Does nothing if there is no row."""
        row = self.get(*key)
        if row is not None:
            row["changed_at_position"], row["deleted"] = at, True
            self._touched[indexed(key)] = None

    @property
    def added(self) -> list[Row]:
        """Changed rows that are not stored yet."""
        return [row for key in self._touched if key not in self._stored and (row := self._rows[key])]

    @property
    def changed(self) -> list[Row]:
        """Changed rows that are stored already."""
        return [row for key in self._touched if key in self._stored and (row := self._rows[key])]


def _folded_before(table: ViewTable, row: Row, first: int) -> OutOfSequence:
    last = row["changed_at_position"]
    words = f"{table.name} has a row that position {last} changed, and position {first} is folded only now"
    return OutOfSequence(words, repeated=last - first + 1)
