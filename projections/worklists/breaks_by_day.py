"""Open exceptions in the order of their accounting days, as the list of differences has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import RowMapping, text

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.ids import key_form
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Opened, Views
from projections.keyset import Key, behind
from projections.worklists.exceptions import ExceptionRow, Exceptions, exception_of, source_of

_ORDER = ("day", "kind", "stream", "break_id")
_BY_DAY = f"""
SELECT * FROM (
    SELECT *, (since AT TIME ZONE '{ACCOUNTING_ZONE}')::date AS day FROM ({{source}}) AS e WHERE status = 'open'
) AS e WHERE {{rest}} ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
_AMONG = """
SELECT stream, break_id FROM ({source}) AS e
WHERE (stream, break_id) IN (SELECT * FROM unnest(CAST(:streams AS text[]), CAST(:break_ids AS text[])))"""


def breaks_by_day(
    views: Views, timepoint: AsOf = NOW, *, limit: int | None = None, after: Key | None = None
) -> tuple[ExceptionRow, ...]:
    """Returns the open exceptions after the key `after`: accounting day, kind, stream and id.

    Raises `ViewBehind`, and ValueError for an instant in the future.
    """
    rest, key = behind(_ORDER, after)
    found = _read(views, timepoint, _BY_DAY, {"limit": limit} | key, rest=rest)
    return tuple(exception_of(row) for row in found)


def opened_among(views: Views, breaks: Collection[tuple[str, str]], timepoint: AsOf = NOW) -> set[tuple[str, str]]:
    """Returns those of the breaks (stream and id) that were opened by the time, also if they are resolved. Raises as
    `breaks_by_day` does."""
    asked = {(key_form(stream), key_form(id)): (stream, id) for stream, id in breaks}
    values = {"streams": [stream for stream, _ in asked], "break_ids": [id for _, id in asked]}
    return {asked[row["stream"], row["break_id"]] for row in _read(views, timepoint, _AMONG, values)}


def _read(views: Views, timepoint: AsOf, sql: str, values: dict[str, Any], **parts: str) -> Sequence[RowMapping]:
    at = timepoint.positions(views)

    def query(opened: Opened) -> Sequence[RowMapping]:
        vector = opened.upto(at)
        known = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of}
        statement = sql.format(source=source_of(opened, timepoint, at), **parts)
        return opened.connection.execute(text(statement), known | values).mappings().all()

    wanted = timepoint.wanted(at)
    return views.read(Exceptions(), query, at_least=wanted, timeout_s=timepoint.timeout_s)
