"""Reads a partner's CSV table row by row. Errors name the line and the column."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from io import StringIO
from typing import TypeVar

from ledger.currencies import all_currencies
from ledger.fx import CNY, Rate, check_rate
from ledger.instants import day_as_written
from ledger.limits import LARGEST_AMOUNT
from ledger.money import FractionOfMinorUnit, Money
from ledger.numbers import read_whole
from ledger.references import number_key, reference_key
from service.formats.bad_file import BadFile
from service.formats.csv_rows import CsvRow, rows_of
from service.formats.days import out_of_range

T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,63}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([ T][0-9:.Z+ -]*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 140  # longest cell that is kept, in characters
_DELIMITERS = (",", ";", "\t")


class Cells:
    """One row. Each reading method raises `BadFile`. `raw` is the row as in the file. `is_whole` is false if the row
    does not have one cell for each column, or if the file ends within it.
    """

    __slots__ = ("_cells", "_name", "_problem", "is_whole", "line", "raw")

    def __init__(
        self, name: str, line: int, cells: dict[str, str], *, raw: bytes = b"", is_whole: bool = True, problem: str = ""
    ) -> None:
        self._name, self.line, self._cells, self.raw = name, line, cells, raw
        self.is_whole, self._problem = is_whole, problem

    @property
    def file(self) -> str:
        """Returns the name of the file."""
        return self._name

    def expect_whole(self) -> None:
        """Raises `BadFile` if the row cannot be read as one cell for each column."""
        if self._problem:
            raise self.refused(self._problem)

    def says(self, column: str, word: str) -> bool:
        """Returns True if the cell is this word, even if the row has other errors."""
        return self._cells.get(column, "").strip() == word

    def text(self, column: str) -> str:
        """Returns the cell without surrounding white space; "" if the table has no such column."""
        text = self._cells.get(column, "").strip()
        if _CONTROL.search(text):
            raise self.wrong(column, "a text without control characters")
        if len(text) > _LONGEST:
            raise self.wrong(column, f"a text of at most {_LONGEST} characters")
        return text

    def id(self, column: str) -> str:
        if not _ID.fullmatch(self.text(column)):
            raise self.wrong(column, "a reference in letters, digits and . _ : @ + -")
        return self.text(column)

    def reference(self, column: str) -> str:
        """Returns the key of a partner's reference."""
        if not (text := self._cells.get(column, "").strip()):
            raise self.wrong(column, "a reference")
        return reference_key(text)

    def reference_or_nothing(self, column: str) -> str:
        return self.reference(column) if self._cells.get(column, "").strip() else ""

    def number(self, column: str) -> str:
        """Returns the key of a parcel's number; "" if the cell is empty."""
        return number_key(self._cells.get(column, "").strip())

    def id_or_none(self, column: str) -> str | None:
        return self.id(column) if self.text(column) else None

    def one_of(self, column: str, words: Sequence[str]) -> str:
        if self.text(column) not in words:
            raise self.wrong(column, f"one of {', '.join(words)}")
        return self.text(column)

    def currency(self, column: str = "currency") -> str:
        code = self.text(column).upper()
        if code not in all_currencies():
            raise self.wrong(column, "a currency of ISO 4217")
        return code

    def money(self, column: str, currency: str) -> Money:
        text = self.text(column)
        try:
            amount = Money.of(text, currency)
        except FractionOfMinorUnit:
            raise self.wrong(column, f"an amount in whole minor units of {currency}") from None
        except ValueError:
            raise self.wrong(column, f"an amount in {currency}") from None
        if abs(amount.minor) >= LARGEST_AMOUNT:
            raise self.wrong(column, f"an amount below {Money(LARGEST_AMOUNT, currency)}")
        return amount

    def day(self, column: str) -> date:
        """Returns the day of a cell, which may have a time too."""
        found = _DAY.fullmatch(self.text(column))
        try:
            return day_as_written(found[1] if found else "")
        except ValueError:
            raise self.wrong(column, "a day such as 2025-04-30") from None

    def count(self, column: str) -> int:
        """Returns the number of lines that a total covers."""
        try:
            return read_whole(self.text(column))
        except ValueError:
            raise self.wrong(column, "the number of lines it sums up") from None

    def day_within(self, column: str, last: date) -> date:
        """Returns a day within the allowed range, at most `last`."""
        if reason := out_of_range(day := self.day(column), last):
            raise self.refused(reason)
        return day

    def rate(self, column: str, *, base: str, source: str, as_of: date) -> Rate:
        """Returns the provider's rate: CNY for one unit of `base`."""
        value = self.text(column)
        try:
            rate = Rate(base=base, quote=CNY, value=value, kind="provider_settlement", source=source, as_of=as_of)
            check_rate(rate)
        except ValueError:
            raise self.wrong(column, f"the provider's rate, CNY for one {base}") from None
        return rate

    def wrong(self, column: str, wanted: str) -> BadFile:
        """Returns the error of a cell, or of the row if it cannot be read."""
        if self._problem:
            return self.refused(self._problem)
        return self.refused(f"{column} is {self._cells.get(column, '').strip()[:80]!r}, not {wanted}")

    def refused(self, reason: str) -> BadFile:
        return BadFile(self._name, reason, line=self.line)


def usual(rows: Iterable[Cells], read: Callable[[Cells], T]) -> T | None:
    """Returns the most frequent value of the rows, the first of equals; None if no row can be read."""
    said: list[T] = []
    for cells in rows:
        with suppress(BadFile):  # the error of the row is reported when the whole row is read
            said.append(read(cells))
    return Counter(said).most_common(1)[0][0] if said else None


def read_csv(name: str, content: bytes, columns: Sequence[str]) -> Iterator[Cells]:
    """Yields the rows of a table that has at least these columns, separated by commas, semicolons or tabs.

    A row of another width, or one that cannot be read, is yielded too; `expect_whole` refuses it. Raises `BadFile`.
    """
    text = content.decode("utf-8-sig", "surrogateescape")  # a bad byte costs its own row
    try:
        delimiter = _delimiter(text, columns)
    except csv.Error as error:
        raise BadFile(name, f"it is not a CSV file in UTF-8 ({error})") from None
    rows = rows_of(text, delimiter)
    titles = next(rows, CsvRow(1, []))
    header = [title.strip() for title in titles.cells]
    if titles.problem or any(map(_is_unreadable, header)):
        raise BadFile(name, f"it is not a CSV file in UTF-8 ({titles.problem or 'its titles have other bytes'})")
    if missing := [column for column in columns if column not in header]:
        raise BadFile(name, f"the column {missing[0]} is missing", line=1)
    if len(set(header)) != len(header):
        raise BadFile(name, "two columns have the same name", line=1)
    for row in rows:
        yield _cells(name, row, header, delimiter)


def _delimiter(text: str, columns: Sequence[str]) -> str:
    """Returns the delimiter: the first that splits the header into these columns, else a comma."""
    for delimiter in _DELIMITERS:
        titles = next((row for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter) if row), [])
        if {title.strip() for title in titles} >= {*columns}:
            return delimiter
    return ","


def _cells(name: str, row: CsvRow, header: Sequence[str], delimiter: str) -> Cells:
    raw = (row.raw or delimiter.join(row.cells)).encode("utf-8", "surrogateescape")
    is_whole = not row.is_cut if row.problem else len(row.cells) == len(header)
    problem = row.problem
    if not is_whole and not problem:
        problem = f"{len(row.cells)} columns, not {len(header)}"
    elif any(map(_is_unreadable, row.cells)):
        problem = "it is not in UTF-8"
    readable = ["" if _is_unreadable(text) else text for text in row.cells]
    known = dict(zip(header, readable, strict=False))
    return Cells(name, row.line, known, raw=raw, is_whole=is_whole, problem=problem)


def _is_unreadable(text: str) -> bool:
    """Returns True if the text has bytes that are not UTF-8 (`surrogateescape`)."""
    return not text.isascii() and any("\udc80" <= letter <= "\udcff" for letter in text)
