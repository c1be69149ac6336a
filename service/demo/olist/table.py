"""Reads a table row by row. Errors name the file and the line."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ledger.instants import bounded_instant
from ledger.money import Money
from service.demo.olist.source import BRL, SOURCE_ZONE, Row, Table

_ID = re.compile(r"[0-9a-f]{32}")
_REAIS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_COUNT = re.compile(r"[0-9]{1,6}")
# A category or payment type, which must be a valid id of the ledger.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,62}")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_A_TIME = "a time such as 2017-11-24 18:30:00"
_UNREADABLE = (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error)


class BadSource(Exception):
    """The folder cannot be imported. The message is one plain sentence with the file and, if known, the line."""


class Cells:
    """The cells of one row by column. Each reading method raises `BadSource` with file, line and column."""

    __slots__ = ("_cells", "_columns", "_path", "row")

    def __init__(self, *, path: Path, row: Row, columns: dict[str, int], cells: Sequence[str]) -> None:
        self._path, self.row, self._columns, self._cells = path, row, columns, cells

    def text(self, column: str) -> str:
        return self._cells[self._columns[column]]

    def id(self, column: str) -> str:
        """Returns an id of the marketplace: 32 hexadecimal digits."""
        return self._matching(column, _ID, "an id of 32 hexadecimal digits")

    def word(self, column: str) -> str:
        return self._matching(column, _WORD, "a name in letters, digits and underscores")

    def count(self, column: str) -> int:
        return int(self._matching(column, _COUNT, "a whole number"))

    def reais(self, column: str) -> Money:
        """Returns an amount of zero or more in BRL."""
        whole, _, cents = self._matching(column, _REAIS, "an amount with at most two decimals").partition(".")
        return Money(int(whole) * 100 + int(f"{cents:0<2}"), BRL)

    def price(self, column: str) -> Money:
        """Returns an amount above zero in BRL."""
        amount = self.reais(column)
        if not amount:
            raise self.wrong(column, "an amount above zero")
        return amount

    def time(self, column: str) -> datetime:
        """Returns a local time as an instant. A time skipped by the clock change is read with the offset before it."""
        try:
            local = datetime.fromisoformat(self._matching(column, _LOCAL_TIME, _A_TIME)).replace(tzinfo=SOURCE_ZONE)
            return bounded_instant(local).astimezone(UTC)
        except ValueError:
            raise self.wrong(column, _A_TIME) from None

    def time_or_none(self, column: str) -> datetime | None:
        return self.time(column) if self.text(column) else None

    def wrong(self, column: str, wanted: str) -> BadSource:
        return BadSource(f"{self._path.name}, line {self.row.line}: {column} is {self.text(column)!r}, not {wanted}")

    def refused(self, sentence: str) -> BadSource:
        return BadSource(f"{self._path.name}, line {self.row.line}: {sentence}")

    def _matching(self, column: str, pattern: re.Pattern[str], wanted: str) -> str:
        text = self.text(column)
        if not pattern.fullmatch(text):
            raise self.wrong(column, wanted)
        return text


def read_table(folder: Path, table: Table, columns: Sequence[str]) -> Iterator[Cells]:
    """Yields the rows of `<table>.csv.gz` or `<table>.csv` with at least `columns`. Raises `BadSource`."""
    path = _find(folder, table)
    line = 1
    try:
        with _open(path) as stream:
            rows = csv.reader(stream, strict=True)
            places = _header(path, next(rows, []), columns)
            for cells in rows:
                line = rows.line_num
                if len(cells) != len(places):
                    raise BadSource(f"{path.name}, line {line}: {len(cells)} columns, not {len(places)}")
                yield Cells(path=path, row=Row(table, line), columns=places, cells=cells)
    except _UNREADABLE as error:
        raise BadSource(f"{path.name}, after line {line}: cannot be read to its end ({error})") from None


def _find(folder: Path, table: Table) -> Path:
    for ending in (".csv.gz", ".csv"):
        path = folder / f"{table}{ending}"
        if path.is_file():
            return path
    raise BadSource(f"{folder}: {table}.csv.gz is missing")


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _header(path: Path, header: list[str], columns: Sequence[str]) -> dict[str, int]:
    places = {name: place for place, name in enumerate(header)}
    if missing := [column for column in columns if column not in places]:
        raise BadSource(f"{path.name}, line 1: the column {missing[0]} is missing")
    if len(places) != len(header):
        raise BadSource(f"{path.name}, line 1: two columns have the same name")
    return places
