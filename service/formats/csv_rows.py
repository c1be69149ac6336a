"""Splits the text of a CSV table into rows. A row that cannot be read costs no other row."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Sequence
from io import StringIO
from typing import NamedTuple, Protocol

_CUT = "unexpected end of data"  # the standard library's error for a quote that nothing closes


class CsvRow(NamedTuple):
    """One row with the number of its first line. `raw` is its text if it cannot be read, with the `problem`; then it
    has no cells. `is_cut`: the text ends within the row.
    """

    line: int
    cells: list[str]
    raw: str = ""
    problem: str = ""
    is_cut: bool = False


class _Reader(Protocol):
    """The interface of the standard library's CSV reader: rows, and the number of lines read."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


def rows_of(text: str, delimiter: str) -> Iterator[CsvRow]:
    """Yields the rows of a text. A row may span several lines; empty lines are skipped.

    A row that breaks the rules of quotes, or is too long, ends with its first line: the next line begins a new row.
    """
    lines = list(StringIO(text, newline=""))
    start = 0
    while start < len(lines):
        start = yield from _until_a_bad_row(lines, start, delimiter)


def _until_a_bad_row(lines: Sequence[str], start: int, delimiter: str) -> Generator[CsvRow, None, int]:
    """Yields the rows from a line on, the last one perhaps unreadable. Returns the line to go on from."""
    reader: _Reader = csv.reader((lines[n] for n in range(start, len(lines))), strict=True, delimiter=delimiter)
    first = start
    try:
        for cells in reader:
            if cells:
                yield CsvRow(first + 1, cells)
            first = start + reader.line_num
    except csv.Error as error:
        is_cut = str(error) == _CUT and first + 1 == len(lines)
        yield CsvRow(first + 1, [], lines[first].rstrip("\r\n"), f"it cannot be read ({error})", is_cut)
        return first + 1
    return len(lines)
