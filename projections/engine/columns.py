"""Columns that many read models use."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Text
from sqlalchemy.types import UserDefinedType

from ledger.log.books import ACCOUNTING_ZONE


def text_column(name: str, *, key: bool = False) -> Column[Any]:
    """Returns a text column that is never null: '' means unknown. It compares byte by byte."""
    return Column(name, Text(collation="C"), primary_key=key)


def instant_column(name: str) -> Column[Any]:
    """Returns a column for an instant; null means that it has not happened."""
    return Column(name, DateTime(timezone=True))


def count_column(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


def minor_column(name: str) -> Column[Any]:
    """Returns a column for an amount in minor units; another column or its name gives the currency."""
    return Column(name, BigInteger, nullable=False)


class WholeNumber(UserDefinedType[int]):
    """A whole number of up to 38 digits. Drivers read it as an `int` (`ledger/log/engine.py`)."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "numeric(38)"


def sum_column(name: str) -> Column[Any]:
    """Returns a column for a sum over any number of entries: a thousand of the largest amounts exceed a bigint."""
    return Column(name, WholeNumber(), nullable=False)


def by_day(column: str, as_of: date | None) -> str:
    """Returns an SQL condition: the instant is on an accounting day up to `:as_of`; `true` if no day is given."""
    return f"({column} AT TIME ZONE '{ACCOUNTING_ZONE}')::date <= :as_of" if as_of else "true"
