"""Prints answers: a table for people, JSON or CSV for programs. Notices and progress go to standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from service.cli.options import Format
from service.tables.columns import Table

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_A_FILE = 240  # columns of a table that goes into a file or a pipe, where `COLUMNS` says nothing
_NARROWEST = 20
_COLUMNS = re.compile(r"0*[1-9][0-9]{0,3}")


def stdout() -> Console:
    """Returns the console of standard output. Its width is `COLUMNS`, else the width of the terminal."""
    from rich.console import Console

    width = _reported_width() or (None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    return Console(width=width, highlight=False, emoji=False, markup=False)


def stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, width=_reported_width(), highlight=False, emoji=False, markup=False)


def _reported_width() -> int | None:
    reported = os.environ.get("COLUMNS", "")
    return max(int(reported), _NARROWEST) if _COLUMNS.fullmatch(reported) else None


def show(table: Table, rows: Sequence[Mapping[str, Any]], format: Format) -> None:
    """Prints rows of a declared table. JSON has the values unchanged; CSV has the currency of each amount in its own
    column."""
    match format:
        case Format.JSON:
            print_json([dict(row) for row in rows])
        case Format.CSV:
            from service.tables.cells import write_csv

            write_csv(table, rows, sys.stdout)
        case Format.TABLE:
            from service.cli.layout import print_table

            print_table(stdout(), table, rows)


def print_text(sentence: str, *, style: str = "", indent: int = 0) -> None:
    """Prints a sentence to standard output, wrapped between words."""
    from service.cli.layout import say

    say(stdout(), sentence, style=style, indent=indent)


def print_json(value: Any) -> None:
    from service.tables.cells import plain

    print(json.dumps(value, indent=2, ensure_ascii=False, default=plain))


def say_more(next_cursor: str | None, shown: int) -> None:
    """Prints that a list was cut, and the option that shows the rest."""
    if next_cursor:
        stderr().print(f"{shown:,} rows are shown; there are more. To continue: --after {next_cursor}", soft_wrap=True)


def say_missing(books: Sequence[int]) -> None:
    """Prints that the answer is partial, with the books that it lacks."""
    if books:
        stderr().print(
            f"This answer is partial: the server of book{'s' * (len(books) > 1)} {', '.join(map(str, books))} is lost.",
            style="yellow",
            soft_wrap=True,
        )


def say_folded(events: int | None) -> None:
    """Prints the cost of a past state that was folded for the answer."""
    if events is not None:
        stderr().print(f"Folded from {events:,} events.", soft_wrap=True)


@contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Shows a progress bar on standard error, with the speed and the time left, and yields its update function (done,
    total). Shows nothing without a terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = stderr()
    counted = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TextColumn("{task.fields[speed]}"))
    timed = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(TextColumn(what), *counted, *timed, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None, speed="")

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, speed=f"{progress.tasks[0].speed or 0:,.0f}/s")

        yield advance
