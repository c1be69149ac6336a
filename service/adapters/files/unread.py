"""Items of a file that nobody can use: kept raw among the unmatched, each with its reason; the rest is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger.limits import LONGEST_LINE
from service.adapters.files.bad_file import BadFile
from service.adapters.files.csv_table import Cells
from service.adapters.files.importer import RawFile, Row
from service.adapters.raw_bodies import ITEM_UNREAD, kept_raw


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """One row, entry or statement as it stands in the file, and what is wrong with it."""

    line: int
    reason: str
    raw: bytes

    @classmethod
    def of(cls, problem: BadFile, raw: bytes) -> UnreadItem:
        """The item that a reader refused."""
        return cls(problem.line or 1, problem.reason, raw)


class Unusable:
    """The rows of a table that nobody can use, each with its reason, and the first thing that is wrong."""

    def __init__(self) -> None:
        self.items: list[UnreadItem] = []
        self._first: BadFile | None = None
        self._lines: set[int] = set()

    def keep(self, problem: BadFile, *rows: Cells) -> None:
        """These rows cannot be used, unless another reason is known why."""
        self._first = self._first or problem
        for cells in rows:
            if cells.line not in self._lines:
                self._lines.add(cells.line)
                self.items.append(UnreadItem(cells.line, problem.reason, cells.raw))

    def any_of(self, rows: Iterable[Cells]) -> bool:
        """True if one of these rows cannot be used, so that no total of them can be checked."""
        return any(cells.line in self._lines for cells in rows)

    def refuse_unless(self, understood: object) -> None:
        """Raises `BadFile` with what was wrong first where nothing else of the file is understood."""
        if self._first and not understood:
            raise self._first


def unread_rows(file: RawFile, items: Sequence[UnreadItem], *, system: str) -> Iterator[Row]:
    """Yields the rows that keep these items, whole and sealed, for people to work."""
    for item in items:
        refs = {"reason": item.reason, "file": file.name, "line": str(item.line), "digest": file.digest}
        note = kept_raw(item.raw[:LONGEST_LINE], system, kind=ITEM_UNREAD, refs=refs)
        yield Row(item.line, (note,), unread=item.reason)


def refuse_if_all(name: str, items: Sequence[UnreadItem], *, understood: bool) -> None:
    """Raises `BadFile` with the first problem where nothing of the file is understood."""
    if items and not understood:
        raise BadFile(name, items[0].reason, line=items[0].line)
