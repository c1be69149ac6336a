"""Declarations of tables: the columns in order, and the kind of value in each. This module imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any


class Holds(Enum):
    """The kind of value in a column, which decides how it is printed. Only `TEXT` wraps, and only between words."""

    ID = auto()  # an id, a code, a word: never broken
    AMOUNT = auto()  # money: never broken; in CSV its currency stands in a column beside it
    COUNT = auto()
    TIME = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `detail`: a table leaves it out where there is no room; CSV, JSON and records always have it."""

    name: str
    holds: Holds
    detail: bool = False

    @property
    def heading(self) -> str:
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Table:
    """A declared table. `plain_amounts`: its title or a column says the currency, so cells need not."""

    columns: tuple[Column, ...]
    title: str = ""
    plain_amounts: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def titled(self, title: str) -> Table:
        return replace(self, title=title)

    def rows_of(self, found: Iterable[Any], **more: Callable[[Any], Any]) -> list[dict[str, Any]]:
        """Returns the rows for the found objects. `more` computes the columns that are not fields."""
        names = self.names
        return [{name: more[name](each) if name in more else _field(each, name) for name in names} for each in found]


def _field(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def ids(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Holds.ID) for name in names)


def amounts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Holds.AMOUNT) for name in names)


def counts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Holds.COUNT) for name in names)


def times(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Holds.TIME) for name in names)


def texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Holds.TEXT) for name in names)


def details(*columns: Column) -> tuple[Column, ...]:
    """The same columns, left out of a table that has no room for them. Raises ValueError for ids and amounts."""
    if kept := [column.name for column in columns if column.holds in (Holds.ID, Holds.AMOUNT)]:
        raise ValueError(f"ids and amounts are always shown: {kept}")
    return tuple(replace(column, detail=True) for column in columns)
