"""Values in one column of a view, for the filters of a query."""

from __future__ import annotations

from sqlalchemy import text

from projections.engine.projection import Projection
from projections.engine.tables import ViewTable
from projections.engine.views import Opened, Views

_MOST = 100  # values in one sentence


def known_values(views: Views, projection: Projection, table: ViewTable, column: str) -> tuple[str, ...]:
    """Returns the first values in order, without ''. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[str, ...]:
        stored = opened.generation.stored_name(table)
        statement = f"SELECT DISTINCT {column} FROM {stored} WHERE {column} <> '' ORDER BY 1 LIMIT :most"
        return tuple(opened.connection.execute(text(statement), {"most": _MOST}).scalars())

    return views.read(projection, query)


def is_known(
    views: Views, projection: Projection, table: ViewTable, column: str, value: str, *, merchant: str | None = None
) -> bool:
    """True if a row of the view has the value; with `merchant`, if a row of this merchant has. Raises `ViewBehind`."""

    def query(opened: Opened) -> bool:
        stored, whose = opened.generation.stored_name(table), " AND merchant = :merchant" if merchant else ""
        statement = text(f"SELECT EXISTS (SELECT FROM {stored} WHERE {column} = :value{whose})")
        return bool(opened.connection.execute(statement, {"value": value, "merchant": merchant}).scalar())

    return views.read(projection, query)
