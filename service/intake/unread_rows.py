"""The rows of a file that keep its unusable items, whole and sealed, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.limits import LONGEST_LINE
from service.partner_facts.bodies import ITEM_UNREAD, BodyUnread, UnreadItem
from service.partner_facts.files import RawFile
from service.partner_reports.kept_bodies import unread
from service.partner_reports.rows import Row


def unread_rows(file: RawFile, items: Sequence[UnreadItem], *, system: str) -> Iterator[Row]:
    """Yields rows that keep these items, whole and sealed, for people."""
    for item in items:
        refs = {"reason": item.reason, "file": file.name, "line": str(item.line), "digest": file.digest}
        body = BodyUnread(system, item.raw[:LONGEST_LINE], ITEM_UNREAD, refs)
        yield Row(item.line, tuple(unread(body)), unread=item.reason)
