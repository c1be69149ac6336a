"""The text of one value, for people, for CSV and for JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any, TextIO

from ledger.money import Money
from service.tables.columns import Column, Holds, Table

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection


def plain(value: Any) -> Any:
    """Returns a JSON value of a type that JSON lacks: instants in ISO 8601 (UTC), money in minor units, sets sorted."""
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
    return exact(value)


def write_csv(table: Table, rows: Iterable[Mapping[str, Any]], out: TextIO, *, names: bool = True) -> None:
    """Writes the rows of a declared table as CSV: every CSV that we make, each amount with its currency beside it.

    The first line has the names of the columns, unless `names` is false.
    """
    writer = csv.writer(out, lineterminator="\n")
    if names:
        writer.writerow(chain.from_iterable(map(_csv_names, table.columns)))
    for row in rows:
        writer.writerow(chain.from_iterable(_csv_cells(column, row[column.name]) for column in table.columns))


def currency_beside(name: str) -> str:
    """The name of the column that holds the currency of the amount in `name`."""
    return f"{name}_currency"


def _csv_names(column: Column) -> Sequence[str]:
    return (column.name, currency_beside(column.name)) if column.holds is Holds.AMOUNT else (column.name,)


def _csv_cells(column: Column, value: Any) -> Sequence[str]:
    if column.holds is Holds.AMOUNT:
        return exact(value), value.currency if isinstance(value, Money) else ""
    if isinstance(value, Money | int):
        return (str(value),)
    return (without_formula(exact(value)),)


def without_formula(text: str) -> str:
    """Returns the text so that a spreadsheet shows it and never runs it: with an apostrophe before a formula's sign."""
    return f"'{text}" if text[:1] in FORMULA_SIGNS and text else text


def exact(value: Any) -> str:
    """A value as programs read it; of money the amount alone, in major units."""
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
