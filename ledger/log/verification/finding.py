"""A finding of a check: a row, a column, the expected value and the found value."""

from __future__ import annotations

from dataclasses import dataclass

ROW = "row"  # in place of a column: the whole row is missing or should not be there


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault and its place. `column` is `row` for a row that is missing or should not be there."""

    table: str
    key: str
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}, {self.key}: {self.column}: expected {self.expected}, found {self.found}"


def missing(table: str, key: str, why: str) -> Finding:
    """Returns a finding of a row that should be there."""
    return Finding(table, key, ROW, why, "none")


def unexpected(table: str, key: str, why: str) -> Finding:
    """Returns a finding of a row that should not be there."""
    return Finding(table, key, ROW, "none", why)
