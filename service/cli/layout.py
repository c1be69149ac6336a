"""Lays out a declared table for a width: a table where its cells fit, records where they do not. No id and no amount is
ever cut or broken."""

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

NARROWEST = 20
_TEXT_AT_LEAST = 12  # a column of text that is narrower than this is harder to read than a record
_BETWEEN = " · "
_WORDS = re.compile(r"[A-Z]{3} -?[0-9][0-9,.]*\S*|\S+")  # a currency stays beside its amount


def print_table(console: Console, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the rows in the console's width; what a table has no room for is named beneath it."""
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
        say(console, f"Left out for want of room: {', '.join(left_out)}. They are in --format csv.")


def say(console: Console, sentence: str, *, style: str = "", indent: int = 0) -> None:
    """Print a sentence wrapped between words; a word that is longer than a line stays whole."""
    for line in wrapped(sentence, console.width - indent):
        console.print(Text(" " * indent + line, style=style), soft_wrap=True)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, broken between words only; an amount stays beside its currency."""
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
    """The columns that are shown, each with its width."""

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
    """The best table that fits: whole cells in boxes, then wrapped headings, no boxes, wrapped texts, no details."""
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
    """The cells that rules and blanks between the columns take."""
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
    """Give what is left of the room to the columns that were wrapped, the first first."""
    widths = {}
    for column, width in least.items():
        more = min(left, full[column] - width)
        widths[column], left = width + more, left - more
    return widths


def _print_records(console: Console, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """A record a row: its first column as its heading, then the others by name, empty ones left out."""
    first, *others = table.columns
    for row in rows:
        console.print(Text(f"{first.heading}: {shown(row[first.name])}", style="bold"), soft_wrap=True)
        for line in _packed(list(_pairs(others, row, console.width - 2)), _BETWEEN, console.width - 2):
            console.print(Text(f"  {line}"), soft_wrap=True)
    if not rows:
        say(console, f"Nothing. Columns: {', '.join(column.heading for column in table.columns)}.")


def _pairs(columns: Sequence[Column], row: Mapping[str, Any], width: int) -> Iterator[str]:
    """Each value behind its name; a text too long for a line goes on in the next."""
    for column in columns:
        if text := shown(row[column.name]):
            pair = f"{column.heading}: {text}"
            yield "\n    ".join(wrapped(pair, width - 2)) if column.holds is Holds.TEXT else pair
