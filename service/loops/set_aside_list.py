"""Items that loops have set aside, as exceptions that people work."""

from __future__ import annotations

from typing import Any

from ledger.ids import merchant_of
from ledger.log.set_aside import SetAside, SetAsideItem
from projections.keyset import Key
from projections.worklists.exceptions import ExceptionRow
from service.app import App

SET_ASIDE = "set_aside"  # the kind of these exceptions


def set_aside_rows(
    app: App, *, status: str | None, kind: str | None, merchant: str | None, limit: int, after: Key | None = None
) -> list[ExceptionRow]:
    """Returns the items as exceptions, the oldest first; none for a filter of resolved ones or of another kind.

    An item ends when its loop succeeds with it, or when two people park it.
    """
    if status not in (None, "open") or kind not in (None, SET_ASIDE):
        return []
    most = limit if merchant is None else None  # an item does not say its merchant in a column
    behind: Any = after and (after[0], *after[2:])
    rows = [_row(item) for item in SetAside(app.ledger.engine, app.ledger.reader.part).all(limit=most, after=behind)]
    return [row for row in rows if merchant in (None, row.merchant)][:limit]


def _row(item: SetAsideItem) -> ExceptionRow:
    stream = item.item.partition("#")[0]
    return ExceptionRow(
        stream=stream,
        break_id=item.loop,
        kind=SET_ASIDE,
        merchant=merchant_of(stream) or "",
        expected=f"{item.loop} succeeds",
        actual=f"failed {item.attempts} times: {item.reason}",
        refs={"item": item.item, "book": str(item.book), "next_try_at": item.next_try_at.isoformat()},
        owner="",
        status="open",
        resolution="",
        since=item.since,
        opened_at=item.since,
        resolved_at=None,
    )
