"""The text of one value, for people, for CSV and for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ledger.money import Money
from service.cli.columns import Column, Holds, Table


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


def shown(value: Any, *, with_currency: bool = True) -> str:
    """A value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Money():
            return str(value) if with_currency else f"{value.decimal:,f}"
        case int():
            return f"{value:,}"
        case datetime():
            return instant_text(value)
        case tuple() | list() if all(isinstance(each, str) for each in value):
            return ", ".join(value)
        case Mapping() if not value:
            return ""
    return _exact(value)


def csv_names(table: Table) -> list[str]:
    """The header of a CSV: the currency of an amount stands beside it."""
    return [name for column in table.columns for name in _csv_names(column)]


def csv_cells(table: Table, row: Mapping[str, Any]) -> list[str]:
    return [cell for column in table.columns for cell in _csv_cells(column, row[column.name])]


def currency_beside(name: str) -> str:
    """The name of the column that holds the currency of the amount in `name`."""
    return f"{name}_currency"


def _csv_names(column: Column) -> Sequence[str]:
    return (column.name, currency_beside(column.name)) if column.holds is Holds.AMOUNT else (column.name,)


def _csv_cells(column: Column, value: Any) -> Sequence[str]:
    if column.holds is Holds.AMOUNT:
        return _exact(value), value.currency if isinstance(value, Money) else ""
    return (_exact(value),)


def _exact(value: Any) -> str:
    match value:
        case None:
            return ""
        case Money():
            return f"{value.decimal:f}"
        case str():
            return value
        case Mapping() | list() | tuple():
            return json.dumps(dict(value) if isinstance(value, Mapping) else value, ensure_ascii=False, default=plain)
        case datetime() | date():
            return str(plain(value))
    return str(value)
