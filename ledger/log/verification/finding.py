"""What a check found: a row, what of it does not hold, what was expected and what is there."""

from __future__ import annotations

from dataclasses import dataclass

ROW = "row"  # what of it: the row as a whole, which is missing, or should not be there


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, and where. `column` is `row` for a row that is missing, or that should not be there."""

    table: str
    key: str
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}, {self.key}: {self.column}: expected {self.expected}, found {self.found}"


def missing(table: str, key: str, why: str) -> Finding:
    """A row that should be there."""
    return Finding(table, key, ROW, why, "none")


def unexpected(table: str, key: str, why: str) -> Finding:
    """A row that should not be there."""
    return Finding(table, key, ROW, "none", why)
