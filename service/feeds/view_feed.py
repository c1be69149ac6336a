"""The feed of a view: its rows as they change, each with its current values, deleted ones as tombstones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ledger.log.cursor import Cursor
from projections.engine.changes import Change, changes, view_state
from projections.engine.projection import Projection
from service.app import App
from service.feeds.cloud_events import json_text
from service.feeds.feed import End, Frame, Growth, Page, Positions, Recent
from service.questions.presentation import presented
from service.schemas.catalogue import Kind, SchemaId

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class RowFilter:
    """The rows that a reader wants: of these tables and books, of this merchant. Empty or None means all."""

    tables: frozenset[str] = frozenset()
    books: frozenset[int] = frozenset()
    merchant: str | None = None

    def takes(self, change: Change) -> bool:
        """True if the filter wants this row."""
        return (
            (not self.tables or change.table.name in self.tables)
            and (not self.books or change.book in self.books)
            and (self.merchant is None or change.row["merchant"] == self.merchant)
        )


class ViewFeed:
    """Reads the changes of one view for followers. Safe to share between threads."""

    def __init__(self, app: App, projection: Projection) -> None:
        self._app, self.projection = app, projection
        self.name = f"changes of {projection.name}"

    def end(self) -> End:
        """Returns the positions that the view has folded, and its key. Raises `ViewOutdated`."""
        state = view_state(self._app.views, self.projection)
        return End(state.heads, state.key)

    def page(self, after: Positions, wanted: RowFilter, *, limit: int, upto: Positions | None = None) -> Page:  # noqa: ARG002 - a view is read as it is
        """Returns about `limit` changed rows after the given positions. The rows changed by one event are together."""
        tables = [table for table in self.projection.tables if not wanted.tables or table.name in wanted.tables]
        found = changes(
            self._app.views,
            self.projection,
            after=after,
            tables=tables,
            books=wanted.books,
            merchant=wanted.merchant,
            limit=limit,
        )
        frames = [self._frame(change) for change in found.changes]
        return Page(frames, found.positions, found.is_last, found.key)

    def growth(self, book: int, after: int, upto: int) -> Growth:  # noqa: ARG002
        """Returns the rows of a book that changed after a position."""
        found = changes(self._app.views, self.projection, after={book: after}, books=frozenset((book,)), limit=_BATCH)
        recent = [Recent(each.position, each, self._frame(each)) for each in found.changes]
        return Growth(recent, found.positions[book], found.key)

    def frames(self, recent: Recent, wanted: RowFilter) -> Sequence[Frame]:
        """Returns the row, or nothing if the reader does not want it."""
        return [recent.frame] if wanted.takes(recent.source) else []

    def token(self, positions: Positions, key: str) -> str:
        """Returns the token of a place in the view with this key."""
        return Cursor.at(positions, self._app.ledger.identity, view=key).token

    def beginning(self, book: int, key: str, copy: str) -> str:
        """Returns the CloudEvent with which a copy of all rows of a book begins, as the view with this key has them."""
        name = self.projection.name
        about = {"id": "/".join((name, str(book), copy)), "type": f"view.{name}.copy_begun", "subject": name}
        return self._text(about, book, 0, {"view": key})

    def _frame(self, change: Change) -> Frame:
        table, key = change.table.name, ",".join(str(change.row[name]) for name in change.table.key)
        type = f"view.{self.projection.name}.{table}"
        id = "/".join((table, str(change.book), str(change.position), key))  # of this state
        about = {"id": id, "type": type, "subject": key or table, "dataschema": f"{self._schema}#{table}"}
        data = {name: _column(value) for name, value in change.row.items()}
        return Frame(change.book, change.position, type, self._text(about, change.book, change.position, data))

    def _text(self, about: Mapping[str, str], book: int, position: int, data: Mapping[str, Any]) -> str:
        """Returns a CloudEvent of the view."""
        return json_text(
            {
                "specversion": "1.0",
                "source": f"/ledgers/{self._app.ledger.identity.ledger_id}/views/{self._version}",
                "datacontenttype": "application/json",
                "sequence": f"{position:019d}",
                "book": book,
                **about,
                "data": data,
            }
        )

    @property
    def _version(self) -> str:
        return f"{self.projection.name}.v{self.projection.version}"

    @property
    def _schema(self) -> str:
        return SchemaId(Kind.VIEWS, self._version).address


def _column(value: Any) -> Any:
    """Returns a stored value as JSON: amounts in minor units, as the column has them, times in their one form."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value) if isinstance(value, UUID) else presented(value)
