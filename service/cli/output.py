"""Prints answers: a table for people, JSON or CSV for programs; news and progress go to stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ledger.money import Money
from service.cli.options import Format

_WIDTH_OF_A_FILE = 240  # columns of a table that goes into a file or a pipe: nothing is cut there


def stdout() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False, emoji=False, markup=False)


def stderr() -> Console:
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


def show(rows: Sequence[Mapping[str, Any]], format: Format, *, title: str = "", columns: Sequence[str] = ()) -> None:
    """Print rows of the same columns; `columns` names them where there may be no row."""
    names = list(columns) or list(rows[0] if rows else ())
    match format:
        case Format.JSON:
            print_json([dict(row) for row in rows])
        case Format.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([_cell(row[name]) for name in names] for row in rows)
        case Format.TABLE:
            stdout().print(_table(rows, names, title))


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=plain))


def plain(value: Any) -> Any:
    """What JSON has no word for: instants as ISO 8601 in UTC, money as its minor units, sets in order."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Money():
            return {"currency": value.currency, "minor": value.minor}
        case set() | frozenset():
            return sorted(value)
        case tuple():
            return list(value)
    return str(value)


def instant_text(instant: datetime) -> str:
    """An instant as people read it, to the second, with its zone."""
    return instant.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")


@contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, moved by (done, total); nothing where stderr is no terminal."""
    console = stderr()
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str], title: str) -> Table:
    table = Table(title=title or None, title_justify="left")
    for name in names:
        numeric = any(isinstance(row[name], int | Money) and not isinstance(row[name], bool) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_shown(row[name]) for name in names))
    return table


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Money():
            return f"{value.decimal:,f}"
        case int():
            return f"{value:,}"
        case datetime():
            return instant_text(value)
    return _cell(value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case Money():
            return f"{value.decimal:f}"
        case str():
            return value
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=plain)
        case datetime() | date():
            return str(plain(value))
    return str(value)
