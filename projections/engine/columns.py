"""The columns that read models share: texts that are never null, instants that may be, and the day of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Text

from ledger.log.books import ACCOUNTING_ZONE


def text_column(name: str, *, key: bool = False) -> Column[Any]:
    """A text, '' where it is not known; compared byte by byte."""
    return Column(name, Text(collation="C"), primary_key=key)


def instant_column(name: str) -> Column[Any]:
    """An instant; null where it has not happened."""
    return Column(name, DateTime(timezone=True))


def count_column(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


def minor_column(name: str) -> Column[Any]:
    """An amount in minor units of a currency that is named beside it or by the column."""
    return Column(name, BigInteger, nullable=False)


def by_day(column: str, as_of: date | None) -> str:
    """SQL: the instant is of an accounting day up to `:as_of`; any is where no day is asked for."""
    return f"({column} AT TIME ZONE '{ACCOUNTING_ZONE}')::date <= :as_of" if as_of else "true"
