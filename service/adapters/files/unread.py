"""Items of a file that nobody can use: kept raw among the unmatched, each with its reason; the rest is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.limits import LONGEST_LINE
from service.adapters.carriers.routing import kept_raw
from service.adapters.files.bad_file import BadFile
from service.adapters.files.importing import RawFile, Row

KIND = "item_unread"


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


def unread_rows(file: RawFile, items: Sequence[UnreadItem], *, system: str) -> Iterator[Row]:
    """Yields the rows that keep these items, whole and sealed, for people to work."""
    for item in items:
        refs = {"reason": item.reason, "file": file.name, "line": str(item.line), "digest": file.digest}
        note = kept_raw(item.raw[:LONGEST_LINE], system, kind=KIND, refs=refs)
        yield Row(item.line, (note,), unread=item.reason)


def refuse_if_all(name: str, items: Sequence[UnreadItem], *, understood: bool) -> None:
    """Raises `BadFile` with the first problem where nothing of the file is understood."""
    if items and not understood:
        raise BadFile(name, items[0].reason, line=items[0].line)
