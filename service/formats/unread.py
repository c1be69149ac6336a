"""Unusable items of a file: kept whole as unmatched items with their reasons, while the rest is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.formats.bad_file import BadFile
from service.formats.csv_table import Cells
from service.partner_facts.bodies import UnreadItem


class Unusable:
    """The unusable rows of a table with their reasons, and the first error."""

    def __init__(self) -> None:
        self.items: list[UnreadItem] = []
        self._first: BadFile | None = None
        self._lines: set[int] = set()

    def keep(self, problem: BadFile, *rows: Cells) -> None:
        """Keeps these rows with their error, unless one is already kept with another."""
        self._first = self._first or problem
        for cells in rows:
            if cells.line not in self._lines:
                self._lines.add(cells.line)
                self.items.append(UnreadItem(cells.line, problem.reason, cells.raw))

    def any_of(self, rows: Iterable[Cells]) -> bool:
        """Returns True if one of these rows cannot be used, so that their total cannot be checked."""
        return any(cells.line in self._lines for cells in rows)

    def refuse_unless(self, understood: object) -> None:
        """Raises `BadFile` with the first error if nothing else of the file is usable."""
        if self._first and not understood:
            raise self._first


def refuse_if_all(name: str, items: Sequence[UnreadItem], *, understood: bool) -> None:
    """Raises `BadFile` with the first error if nothing of the file is usable."""
    if items and not understood:
        raise BadFile(name, items[0].reason, line=items[0].line)


def unread_item(problem: BadFile, raw: bytes) -> UnreadItem:
    """Returns the item that a reader refused."""
    return UnreadItem(problem.line or 1, problem.reason, raw)
