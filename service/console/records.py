"""The records of a page: an answer as facts and tables, made from the fields of its objects alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.money import Money
from service.console.cells import Cell, Cells, named_values
from service.questions.presentation import STORED_MONEY
from service.questions.question import Question

_LAST = ("stream", "break_id")  # names that people seldom read stand behind what they read
_IDS = ("id", "refund_id", "payout_id", "statement_id", "event_id")


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column. `numeric`: its figures are aligned at the right. `sticky`: it stays in sight."""

    label: str
    numeric: bool = False
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `unit` is the currency of all its amounts, if there is one, and `keys` name the rows.

    `choices` are the rows as a form sends them, '' for one that nobody works on, and `commands` those that many rows
    are given at once.
    """

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unit: str = ""
    keys: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """The plain fields of an object, by their labels."""

    title: str
    facts: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Records:
    """Makes the facts and tables of one page."""

    cells: Cells

    def grid_of(self, question: Question, rows: Sequence[Any]) -> Grid:
        """Returns the rows of a list as a table, in the columns of its declaration without the details."""
        known = named_values(rows[0]) or {} if rows else {}
        columns = question.table.columns if question.table else ()
        names = [each.name for each in columns if not each.detail and (not rows or each.name in known)]
        names = sorted(names or list(known), key=lambda name: name in _LAST)
        grid = self.grid(self.cells.language.label(question.name), rows, names)
        return replace(grid, keys=tuple(_key_of(question, each) for each in rows))

    def grid(self, title: str, rows: Iterable[Any], names: Sequence[str] = ()) -> Grid:
        """Returns the objects as a table, with a column for each of the named fields; by default for every field that
        has a value."""
        found = [(row, named_values(row) or {}) for row in rows]
        names = names or _named(found)
        made = tuple(
            tuple(self._cell(values.get(name), name, row, leads=not at) for at, name in enumerate(names))
            for row, values in found
        )
        headings = tuple(
            Heading(self.cells.language.label(name), _is_numeric([cells[at] for cells in made]))
            for at, name in enumerate(names)
        )
        units = {cell.unit for cells in made for cell in cells if cell.unit}
        return Grid(title, headings, made, next(iter(units)) if len(units) == 1 else "")

    def sections_of(self, title: str, found: Any) -> list[Facts | Grid]:
        """Returns an object as facts, each object in it as facts of its own, and each list of objects as a table."""
        label = self.cells.language.label
        plain: dict[str, Any] = {}
        more: list[Facts | Grid] = []
        for name, value in _by_text(named_values(found) or {}).items():
            if _is_list_of_objects(value):
                more.append(self.grid(label(name), value))
            elif isinstance(value, Mapping) and value and value.keys() != STORED_MONEY:
                more.extend(self.sections_of(label(name), value))
            else:
                plain[name] = value
        facts = tuple((label(name), self._cell(value, name, found)) for name, value in plain.items())
        return [Facts(title, facts), *more] if facts else more

    def _cell(self, value: Any, name: str, row: Any, *, leads: bool = False) -> Cell:
        """Returns the cell of a field. The id of a row, and its first cell, lead to the row itself."""
        cell = self.cells.of(value, name, row)
        if (name in _IDS or leads) and not cell.href and (href := self.cells.linker.of_row(row)):
            return replace(cell, href=href)
        return cell


def _key_of(question: Question, row: Any) -> str:
    """Returns the text that names a row of a list: its key, as far as the row shows it; else its first value."""
    values = named_values(row) or {}
    names = [name for name in question.key if name in values] or list(values)[:1]
    return "/".join(str(values[name]) for name in names)


def _named(found: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[str]:
    """Returns the fields that have a value in one of the rows at least."""
    names = list(found[0][1]) if found else []
    return [name for name in names if any(values.get(name) not in (None, "", (), [], {}) for _, values in found)]


def _is_numeric(cells: Sequence[Cell]) -> bool:
    sorts = {cell.sort for cell in cells} - {"none"}
    return bool(sorts) and sorts <= {"amount", "count"}


def _is_list_of_objects(value: Any) -> bool:
    if isinstance(value, Mapping | str) or not isinstance(value, Sequence) or not value:
        return False
    return all(named_values(each) is not None and not isinstance(each, Money) for each in value)


def _by_text(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Returns the values by their names as text: those of books are numbers."""
    return {str(name): value for name, value in values.items()}
