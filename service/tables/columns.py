"""Declarations of tables: the columns in order, and the kind of value in each. This module imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto


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
