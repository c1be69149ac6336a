"""Exports: the whole of a list, a page at a time, as it was at one moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from io import StringIO
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection

from ledger.events.access import ExportFormat
from projections.engine.connections import snapshot
from projections.engine.progress import Books, progress_now
from projections.engine.projection import Projection
from projections.engine.views import Opened, Vector, ViewBehind, Views, not_reached
from projections.registry import PROJECTIONS
from service.app import App
from service.questions.asked import Answer, answer_to, wait_for
from service.questions.limits import MOST_ROWS_OF_A_PAGE
from service.questions.links import links_for
from service.questions.part import Part
from service.questions.presentation import presented
from service.questions.question import Question
from service.questions.reader import Reader
from service.tables.cells import write_csv
from service.tables.columns import Table
from service.tables.workbook import workbook_of

T = TypeVar("T")
MEDIA: dict[ExportFormat, str] = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class SnapshotViews(Views):
    """Views of which all reads see one state of the database."""

    def __init__(self, views: Views, connection: Connection) -> None:
        super().__init__(views.engine, views.log, views.part)
        self._connection = connection

    def read(
        self,
        projection: Projection,
        query: Callable[[Opened], T],
        *,
        at_least: Vector | None = None,
        timeout_s: float | None = None,  # noqa: ARG002 - a snapshot never gets further
        past_stops: bool = False,
        books: Books = None,
    ) -> T:
        books = self.part if books is None else books
        known = progress_now(self._connection, projection, books)
        if known is None:
            raise ViewBehind(f"{projection.name} was never folded. Wait until the service has folded it.")
        if missing := not_reached(known.checkpoints, at_least or {}, past_stops):
            raise ViewBehind(f"{projection.name} has not reached the positions of the books {sorted(missing)}.")
        return query(Opened.at(self._connection, known, self.part))


class Export:
    """A list that is read to its end. The first page is read at once, so that what is wrong is said before the rest.

    Holds a connection of the database until `close`. The moment of the list comes after the wait for `at_least`.
    """

    def __init__(
        self,
        question: Question,
        app: App,
        values: Mapping[str, Any],
        reader: Reader | None,
        *,
        at_least: str | None = None,
        timeout_s: float = 5.0,
        part: Part | None = None,
    ) -> None:
        self._question, self._reader, self._part, self._stack = question, reader, part, ExitStack()
        try:
            now = app.clock()
            asked = reader.values_for(question, values) if reader else values
            wait = wait_for(app, at_least, asked, timeout_s=timeout_s, part=part)
            for name in question.views:  # it is made if it was never folded
                app.views.read(
                    PROJECTIONS[name], lambda _: None, at_least=wait.vector, timeout_s=timeout_s, books=wait.books
                )
            connection = self._stack.enter_context(snapshot(app.views.engine))
            self._app = replace(app, views=SnapshotViews(app.views, connection), clock=lambda: now)
            self._values = {**values, "limit": MOST_ROWS_OF_A_PAGE, "after": None}
            if not question.views:  # it reads the log itself, beside the snapshot
                self._values["as_known_at"] = values["as_known_at"] or now
            self.first = self._page()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stack.close()

    def content(self, form: ExportFormat) -> Iterator[str] | Iterator[bytes]:
        """Returns the list in pieces: its text a page at a time, or its workbook."""
        match form:
            case "csv":
                return self._csv()
            case "ndjson":
                return map(self._ndjson, self._pages())
            case "xlsx":
                rows = chain.from_iterable(self._table.rows_of(page.data) for page in self._pages())
                return workbook_of(self._table, self._question.name, rows)

    def _pages(self) -> Iterator[Answer]:
        page = self.first
        yield page
        while page.next:
            self._values["after"] = page.next
            page = self._page()
            yield page

    def _page(self) -> Answer:
        return answer_to(self._question, self._app, self._values, reader=self._reader, part=self._part)

    @property
    def _table(self) -> Table:
        table = self._question.table
        assert table is not None, "a list that is exported has columns"
        return table

    def _csv(self) -> Iterator[str]:
        yield self._csv_of((), names=True)
        for page in self._pages():
            yield self._csv_of(page.data)

    def _csv_of(self, rows: Any, *, names: bool = False) -> str:
        out = StringIO()
        write_csv(self._table, self._table.rows_of(rows), out, names=names)
        return out.getvalue()

    def _ndjson(self, page: Answer) -> str:
        rows = presented(page.data, links_for(page.role))
        return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
