"""A question that was asked: its values, and its answer with the positions it rests on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from ledger.log.cursor import Cursor
from ledger.log.lost_books import BooksLost
from ledger.log.rows import Recorded
from projections.balances.balances import AsOf
from projections.engine.past import Past, PastViews
from projections.engine.views import Held, Views
from service.app import App
from service.failures import NotKnown, UnknownValue
from service.questions.filters import FILTERS, books_of, check_filters
from service.questions.pages import Fetch, Page, T, page_of
from service.questions.part import Part, within
from service.questions.past_states import PastStreams, few_enough, past_of
from service.questions.position_tracker import PositionTracker
from service.questions.question import Question, Role
from service.questions.reader import Reader
from service.questions.timepoints import end_of


@dataclass(frozen=True, slots=True)
class Wait:
    """The positions that an answer must include, and the time to wait for them. `books` are the books of the answer,
    None for all."""

    vector: Mapping[int, int] | None
    timeout_s: float
    books: frozenset[int] | None


def wait_for(
    app: App, at_least: str | None, values: Mapping[str, Any], *, timeout_s: float, part: Part | None = None
) -> Wait:
    """Returns the wait for a position token, in the books of the named merchant or order or of the part alone: a view
    that stopped in another book does not matter. Raises `NotACursor`, `ForeignCursor`, `CursorAhead`."""
    about = {name: values.get(name) for name in ("merchant", "order")}
    books = books_of(app, **about) if at_least or values.get("as_known_at") or about["merchant"] else None
    books = part.books if part and books is None else books
    if not at_least:
        return Wait(None, timeout_s, books)
    cursor = Cursor.parse(at_least, app.ledger.identity).within(books)
    cursor.expect_recorded(app.ledger.reader.heads(books))
    return Wait(cursor.positions, timeout_s, books)


@dataclass(frozen=True)
class Asked:
    """A question with its values. Reads through `views` wait for the positions of the caller."""

    question: Question
    app: App
    values: Mapping[str, Any]
    wait: Wait
    reader: Reader | None = None

    @property
    def role(self) -> Role | None:
        """The role of the reader, None for the machine itself."""
        return self.reader.role if self.reader else None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def row(self, book: int, position: int) -> Recorded:
        """Returns one row of the log by its place."""
        (row,) = self.app.ledger.reader.read(book, position - 1, 1)
        return row

    def given(self, *names: str) -> dict[str, Any]:
        return {name: self.values[name] for name in names}

    @property
    def views(self) -> Views:
        return self.app.views

    @property
    def streams(self) -> PastStreams:
        """The streams of the log at the time of the question."""
        past = Past(as_of=self.values.get("as_of"), as_known_at=self.values.get("as_known_at"))
        return PastStreams(self.app.ledger.reader, past)

    @cached_property
    def now(self) -> datetime:
        return self.app.clock()

    @cached_property
    def end(self) -> datetime:
        """The instant at which ages are counted."""
        return end_of(self.timepoint, self.now)

    @cached_property
    def timepoint(self) -> AsOf:
        return self.known_at(self.values.get("as_known_at"), self.values.get("as_of"))

    def known_at(self, instant: datetime | None, as_of: Any = None) -> AsOf:
        """Returns the time of a query, with the wait of the caller."""
        wait = self.wait
        return AsOf(as_of=as_of, as_known_at=instant, at_least=wait.vector, timeout_s=wait.timeout_s, books=wait.books)

    def page(self, fetch: Fetch[T]) -> Page[T]:
        """Returns the requested page of the list. Raises `UnknownValue` for a cursor of another list."""
        question = self.question
        return page_of(question.name, question.key, fetch, limit=self["limit"], after=self["after"])

    def short(self, rows: Iterable[T]) -> Page[T]:
        """Returns the requested page of a list that cannot be long, such as one of sums, in the order of its key."""

        def key(row: T) -> tuple[Any, ...]:
            return tuple(getattr(row, name) for name in self.question.key)

        def fetch(*, limit: int, after: Any) -> Sequence[T]:
            start = 0 if after is None else bisect_right(ordered, after, key=key)
            return ordered[start : start + limit]

        ordered = sorted(rows, key=key)
        return self.page(fetch)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: an object or rows, the cursor of the next page, the positions it rests on, and figures of the whole
    list. Its links are those that the reader may follow. `folded` is the number of events that were folded for it, None
    if it was read from stored rows or the log. `missing_books` are those that a partial answer lacks."""

    data: Any
    vector: Held
    next: str | None = None
    summary: Any = None
    role: Role | None = None  # of the reader
    folded: int | None = None
    missing_books: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Summarised:
    """A list, or a page of it, with figures about the whole of it."""

    page: Any
    summary: Any


def answer_to(
    question: Question,
    app: App,
    values: Mapping[str, Any],
    *,
    at_least: str | None = None,
    timeout_s: float = 5.0,
    reader: Reader | None = None,
    part: Part | None = None,
) -> Answer:
    """Returns the answer, as far as the reader may see it; the command line, on the machine itself, sees all. With
    `part`, a question about all books is answered by the books at hand; one about a merchant needs its own book.

    Raises `RoleMayNotRead`, `NotKnown`, `UnknownValue` for a value that nobody knows, `TooManyToFold`, `ViewBehind`,
    and what `wait_for` raises. A thing of another merchant or buyer is not known, as if it did not exist.
    """
    if reader:
        values = reader.values_for(question, values)
    part = None if values.get("merchant") or not question.may_be_partial else part
    app = part.of(app) if part else app
    _check(question, app, values, reader, part)
    wait = wait_for(app, at_least, values, timeout_s=timeout_s, part=part)
    app = within(app, wait.books)
    heads = Held({} if question.views else app.ledger.reader.heads(wait.books))  # what the log holds before it is read
    past = past_of(question, app, values)
    views = PastViews(app.views, app.ledger.reader, past) if past else app.views
    tracker = PositionTracker(views, at_least=wait.vector, timeout_s=wait.timeout_s, books=wait.books)
    asked = Asked(question, replace(app, views=tracker), values, wait, reader)
    with few_enough(question):
        found = question.find(asked)
    if found is None or (reader and not reader.sees(question, found)):
        raise NotKnown(_unknown(question, values))
    vector = tracker.vector if question.views else heads
    found, summary = (found.page, found.summary) if isinstance(found, Summarised) else (found, None)
    rows, cursor = (found.rows, found.next) if isinstance(found, Page) else (found, None)
    folded = views.folded if isinstance(views, PastViews) else None
    data = _rows(asked, rows) if question.is_list else rows
    return Answer(data, vector, cursor, summary, asked.role, folded, part.missing if part else ())


def _check(question: Question, app: App, values: Mapping[str, Any], reader: Reader | None, part: Part | None) -> None:
    """Raises `UnknownValue` or `NotKnown` for a value that nobody knows, and for one that is not the reader's own;
    `BooksLost` if a missing book may know it."""
    scope = reader.scope_in(question) if reader else None
    for each in question.parameters:
        value = values[each.name]
        if value is not None and each.filter:
            try:
                check_filters(app, scope=scope, **{each.filter: value})
            except UnknownValue as unknown:
                if part and FILTERS[each.filter].views:
                    raise BooksLost(part.missing) from None
                if question.names_in_path(each):
                    raise NotKnown(str(unknown)) from None
                raise UnknownValue(each.outside, str(unknown)) from None
        if isinstance(value, datetime) and each.name in ("as_known_at", "then") and value > app.clock():
            raise UnknownValue(each.outside, f"{each.outside} is in the future. Give an instant in the past.")


def _unknown(question: Question, values: Mapping[str, Any]) -> str:
    id = next(values[each.name] for each in question.parameters if each.argument)
    return f"{question.noun} {id} is not known. Check the id."


def _rows(asked: Asked, found: Sequence[Any]) -> list[Any]:
    """Returns the rows, with the fields that depend on the time of the question and without the hidden ones."""
    question = asked.question
    if not (question.computed or question.hidden):
        return list(found)
    return [
        {each.name: getattr(row, each.name) for each in fields(row) if each.name not in question.hidden}
        | {name: computed.of(row, asked.end) for name, computed in question.computed.items()}
        for row in found
    ]
