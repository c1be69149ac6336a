"""All exceptions that people work, in three parts: breaks and unmatched items, items set aside, policies to correct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ledger.ids import PLATFORM_BOOK
from projections.balances.balances import AsOf
from projections.engine.views import Views
from projections.keyset import Key
from projections.worklists.exceptions import ExceptionRow, Status, exceptions
from service.app import App
from service.loops.set_aside_list import set_aside_rows

INVALID_POLICY = "invalid_policy"  # the kind of the exceptions of the third part


def exceptions_of(
    app: App,
    *,
    limit: int,
    after: Key | None = None,
    views: Views | None = None,
    timepoint: AsOf,
    status: Status | None,
    kind: str | None,
    merchant: str | None,
) -> list[ExceptionRow]:
    """Returns the breaks, the present set-aside items and the present policies to correct, each the oldest first.

    The last two are left out for a time in the past. Raises `ViewBehind`.
    """
    asked: Any = {"status": status, "kind": kind, "merchant": merchant}
    waits: Any = {"at_least": timepoint.at_least, "timeout_s": timepoint.timeout_s}
    part, *rest = after or (0,)
    key: Any = tuple(rest)
    breaks, behind = (limit, key[:3] or None) if part == 0 else (0, None)
    found = [*exceptions(views or app.views, timepoint=timepoint, limit=breaks, after=behind, **waits, **asked)]
    if timepoint.as_of or timepoint.as_known_at:
        return found
    if part in (0, 1):
        found += set_aside_rows(app, limit=limit - len(found), after=key if part else None, **asked)
    if status in (None, "open") and kind in (None, INVALID_POLICY) and merchant is None:
        rows = sorted(_policies(app), key=_place)
        found += [row for row in rows if part in (0, 1) or _place(row) > key[:2]]
    return found[:limit]


def _place(row: ExceptionRow) -> tuple[Any, str]:
    return row.since, row.stream


def _policies(app: App) -> Iterator[ExceptionRow]:
    """Yields an exception for each policy or rate that has no effect or not its whole effect, until a valid version is
    published."""
    for defect in app.bus.reference().to_put_right():
        (row,) = app.ledger.reader.read(PLATFORM_BOOK, defect.position - 1, 1)
        yield ExceptionRow(
            stream=defect.stream,
            break_id=INVALID_POLICY,
            kind=INVALID_POLICY,
            merchant="",
            expected="a version within the limits",
            actual=defect.sentence,
            refs={"book": str(PLATFORM_BOOK), "position": str(defect.position)},
            owner="",
            status="open",
            resolution="",
            since=row.recorded_at,
            opened_at=row.recorded_at,
            resolved_at=None,
        )
