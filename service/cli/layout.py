"""Prints a declared table in a width: as a table if its cells fit, else as records. Ids and amounts stay whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from service.cli.demonstration import marked
from service.tables.cells import shown
from service.tables.columns import Column, Holds, Table

_TEXT_AT_LEAST = 12  # a column of text that is narrower than this is harder to read than a record
_BETWEEN = " · "
_WORDS = re.compile(r"[A-Z]{3} -?[0-9][0-9,.]*\S*|\S+")  # a currency stays beside its amount


def print_table(console: Console, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the rows in the width of the console, and names the columns that did not fit."""
    if title := marked(table.title):
        console.print(Text(title, style="italic"), soft_wrap=True)
    cells = [_cells(table, row) for row in rows]
    fitted = _fitted(table.columns, cells, console.width)
    if fitted is None:
        _print_records(console, table, rows)
        return
    console.print(fitted.grid(cells), soft_wrap=True)
    left_out = [column.heading for column in table.columns if column not in fitted.widths]
    if left_out:
        say(console, f"Columns without room: {', '.join(left_out)}. They are in --format csv.")


def say(console: Console, sentence: str, *, style: str = "", indent: int = 0) -> None:
    """Prints a sentence, wrapped between words. A word longer than a line stays whole."""
    for line in wrapped(sentence, console.width - indent):
        console.print(Text(" " * indent + line, style=style), soft_wrap=True)


def wrapped(text: str, width: int) -> list[str]:
    """Returns the lines of a text, broken between words only. An amount stays beside its currency."""
    return [line for part in text.split("\n") for line in _packed(_WORDS.findall(part), " ", width)]


def _packed(parts: Sequence[str], between: str, width: int) -> list[str]:
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}{between}{part}" if lines[-1] else part
        if lines[-1] and cell_len(longer) > width:
            lines.append(part)
        else:
            lines[-1] = longer
    return lines


def _cells(table: Table, row: Mapping[str, Any]) -> dict[Column, str]:
    plain = table.plain_amounts
    return {column: shown(row[column.name], with_currency=not plain) for column in table.columns}


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The shown columns with their widths in characters."""

    widths: Mapping[Column, int]
    boxed: bool

    def grid(self, cells: Sequence[Mapping[Column, str]]) -> Grid:
        look = box.HEAVY_HEAD if self.boxed else box.SIMPLE_HEAD
        grid = Grid(box=look, show_edge=self.boxed, pad_edge=self.boxed, padding=(0, 1 if self.boxed else 0))
        for column, width in self.widths.items():
            justify = "right" if column.holds in (Holds.AMOUNT, Holds.COUNT) else "left"
            heading = "\n".join(wrapped(column.heading, width))
            grid.add_column(Text(heading), justify=justify, width=width, no_wrap=True)  # type: ignore[arg-type]
        for row in cells:
            grid.add_row(*(Text(_in_lines(column, row[column], width)) for column, width in self.widths.items()))
        return grid


def _in_lines(column: Column, cell: str, width: int) -> str:
    return "\n".join(wrapped(cell, width)) if column.holds is Holds.TEXT else cell


def _fitted(columns: Sequence[Column], cells: Sequence[Mapping[Column, str]], room: int) -> _Fitted | None:
    """Returns the best table that fits, or None. Tries whole cells in boxes, then wrapped headings, then no boxes,
    then wrapped texts; each first with and then without the detail columns."""
    full, least = _widths(columns, cells, wrap=False), _widths(columns, cells, wrap=True)
    titled = {column: max(width, cell_len(column.heading)) for column, width in full.items()}
    needed = [column for column in columns if not column.detail]
    for shown_columns in (list(columns), needed):
        for widths, boxed in ((titled, True), (full, True), (full, False), (least, False)):
            chosen = {each: widths[each] for each in shown_columns}
            left = room - _frame(len(chosen), boxed=boxed) - sum(chosen.values())
            if left >= 0:
                return _Fitted(_widened(chosen, full, left) if widths is least else chosen, boxed)
    return None


def _frame(columns: int, *, boxed: bool) -> int:
    """Returns the width that borders and blanks between the columns take, in characters."""
    return 3 * columns + 1 if boxed else columns - 1


def _widths(columns: Sequence[Column], cells: Sequence[Mapping[Column, str]], *, wrap: bool) -> dict[Column, int]:
    return {column: _width(column, [row[column] for row in cells], wrap=wrap) for column in columns}


def _width(column: Column, texts: Sequence[str], *, wrap: bool) -> int:
    heading = max(map(cell_len, column.heading.split(" ")))
    whole = max(map(cell_len, texts), default=0)
    if not wrap or column.holds is not Holds.TEXT:
        return max(heading, whole)
    words = (cell_len(word) for text in texts for word in _WORDS.findall(text))
    return max(heading, min(whole, max(_TEXT_AT_LEAST, max(words, default=0))))


def _widened(least: Mapping[Column, int], full: Mapping[Column, int], left: int) -> dict[Column, int]:
    """Gives the remaining width to the wrapped columns, from left to right."""
    widths = {}
    for column, width in least.items():
        more = min(left, full[column] - width)
        widths[column], left = width + more, left - more
    return widths


def _print_records(console: Console, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints each row as a record: the first column as heading, then the other columns by name, without empty ones."""
    first, *others = table.columns
    for row in rows:
        console.print(Text(f"{first.heading}: {shown(row[first.name])}", style="bold"), soft_wrap=True)
        for line in _packed(list(_pairs(others, row, console.width - 2)), _BETWEEN, console.width - 2):
            console.print(Text(f"  {line}"), soft_wrap=True)
    if not rows:
        say(console, f"Nothing. Columns: {', '.join(column.heading for column in table.columns)}.")


def _pairs(columns: Sequence[Column], row: Mapping[str, Any], width: int) -> Iterator[str]:
    """Returns a line for each value behind its name. A long text continues on the next line."""
    for column in columns:
        if text := shown(row[column.name]):
            pair = f"{column.heading}: {text}"
            yield "\n    ".join(wrapped(pair, width - 2)) if column.holds is Holds.TEXT else pair
