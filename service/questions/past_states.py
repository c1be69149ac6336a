"""Past states of questions whose views keep no history, and of questions that read streams of the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ledger.ids import PLATFORM_BOOK, order_stream
from ledger.log.reader import Reader, RowFilter
from ledger.log.rows import EventSummary
from projections.engine.past import Past, TooManyEvents
from service.app import App
from service.failures import ServiceFailure
from service.questions.question import Question


class TooManyToFold(ServiceFailure):
    """The past state rests on more events than one answer may fold."""


def past_of(question: Question, app: App, values: Mapping[str, Any]) -> Past | None:
    """Returns the past state that a question is about, or None if it is about now or its views keep their history."""
    as_of, as_known_at = values.get("as_of"), values.get("as_known_at")
    if not question.folds or (as_of is None and as_known_at is None):
        return None
    return Past(as_of=as_of, as_known_at=as_known_at, parts=_parts(question, app, values))


def _parts(question: Question, app: App, values: Mapping[str, Any]) -> dict[int, list[RowFilter]] | None:
    """Returns the events that the answer rests on: all of book 0, and those of the merchant or the order. None means
    all events."""
    order, merchant = (values[name] if name in question.folds_only_of else None for name in ("order", "merchant"))
    directory = app.ledger.directory
    parts = {PLATFORM_BOOK: [RowFilter()]}
    of_merchant = directory.known_book_of(merchant) if merchant is not None else None
    if order is not None:
        owners = (
            {merchant: of_merchant} if merchant and of_merchant is not None else directory.merchants_of_order(order)
        )
        for owner, book in owners.items():
            if merchant in (None, owner):
                parts.setdefault(book, []).append(RowFilter(stream=order_stream(owner, order)))
        return parts
    return None if of_merchant is None else parts | {of_merchant: [RowFilter(merchant=merchant)]}


class PastStreams:
    """The log as it was: the events of streams that were known, and had happened, at the time of a question."""

    def __init__(self, reader: Reader, past: Past) -> None:
        self._reader, self._past = reader, past

    def summaries_of_streams(self, books: Mapping[str, int]) -> list[EventSummary]:
        """Returns the events of these streams (stream → book), in order of book and position."""
        found = [each for each in self._reader.summaries_of_streams(books) if self._past.has(each.occurred_at)]
        if self._past.as_known_at is None:
            return found
        known = self._reader.positions_as_known_at(self._past.as_known_at, set(books.values()))
        return [each for each in found if each.position <= known[books[each.stream]]]


@contextmanager
def few_enough(question: Question) -> Iterator[None]:
    """Turns `TooManyEvents` into a refusal that says how to ask for less."""
    try:
        yield
    except TooManyEvents as many:
        less = " or ".join(question.folds_only_of)
        ask = f"Name one {less}" if less else "Ask without as_of and as_known_at"
        raise TooManyToFold(f"{many} {ask}.") from None
