"""The columns that read models share: texts that are never null, instants that may be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, Text


def text_column(name: str, *, key: bool = False) -> Column[Any]:
    """A text, '' where it is not known; compared byte by byte."""
    return Column(name, Text(collation="C"), primary_key=key)


def instant_column(name: str) -> Column[Any]:
    """An instant; null where it has not happened."""
    return Column(name, DateTime(timezone=True))


def count_column(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)


def minor_column(name: str) -> Column[Any]:
    """An amount in minor units of a currency that is named beside it or by the column."""
    return Column(name, BigInteger, nullable=False)
