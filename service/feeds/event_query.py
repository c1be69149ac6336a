"""A reader's choice of events: checked against what it may follow, and what the ledger knows."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.event import EVENTS
from ledger.events.type_names import types_named
from ledger.log.cursor import Cursor
from service.app import App
from service.failures import ServiceFailure, UnknownValue
from service.feeds.event_feed import EventFilter
from service.feeds.feed import End
from service.feeds.merchant_events import MERCHANT_EVENTS
from service.questions.filters import FILTERS
from service.questions.question import MERCHANTS
from service.questions.reader import Reader, RoleMayNotRead
from service.tracking.history import find_order

NOW = "now"  # as a place: the end of the log at this moment
_READERS = MERCHANTS.any | MERCHANTS.own


def filter_of(
    app: App,
    reader: Reader,
    *,
    types: str | None = None,
    merchant: str | None = None,
    order: str | None = None,
    book: int | None = None,
) -> EventFilter:
    """Returns the filter. `types` are names of events between commas, or beginnings such as `payment.*`.

    A merchant follows itself alone. Raises `RoleMayNotRead`, `UnknownValue`, and `AmbiguousOrder` for an order id of
    several merchants.
    """
    if reader.role not in _READERS:
        raise RoleMayNotRead.unless(reader.role, "follow events", _READERS)
    merchant = reader.merchant_asked(merchant)
    stream, books = None, _books(app, book)
    if order is not None:
        of_order, stream = _order(app, order, merchant)
        books = _both(books, of_order)
    if merchant is not None:
        books = _both(books, book_of(app, merchant))
    known = {name for name, _ in EVENTS} if reader.merchant is None else MERCHANT_EVENTS.keys()
    return EventFilter(
        types=_types(types, known) if types else frozenset(),
        books=books,
        merchant=merchant,
        stream=stream,
        reads_as=reader.merchant,
    )


def place_of(app: App, after: str | None) -> End:
    """Returns the positions of a token, of the end of the log for `now`, and of the beginning for None. Raises
    `NotACursor`, `ForeignCursor` and `CursorAhead`."""
    if not after:
        return End({})
    if after == NOW:
        return End(app.ledger.reader.heads())
    cursor = Cursor.parse(after, app.ledger.identity)
    cursor.expect_recorded(app.ledger.reader.heads())
    return End(cursor.positions)


def _types(text: str, known: Iterable[str]) -> frozenset[str]:
    found = set[str]()
    for each in text.split(","):
        matching = types_named(each, known)
        if not matching:
            raise UnknownValue(
                "type", f"No event that you may follow is called {each[:80]}. The document of events lists them."
            )
        found |= matching
    return frozenset(found)


def _books(app: App, book: int | None) -> frozenset[int]:
    if book is None:
        return frozenset()
    if book not in (heads := app.ledger.reader.heads()):
        raise UnknownValue("book", f"This ledger has no book {book}. It has books 0 to {max(heads)}.")
    return frozenset((book,))


def book_of(app: App, merchant: str) -> int:
    book = app.ledger.directory.known_book_of(merchant)
    if book is None:
        raise UnknownValue("merchant", FILTERS["merchant"].unknown(merchant))
    return book


def _both(books: frozenset[int], book: int) -> frozenset[int]:
    """Returns the book. Raises `UnknownValue` if only other books are wanted."""
    if books and book not in books:
        raise UnknownValue("book", f"The merchant is in book {book}. Leave the parameter book out.")
    return frozenset((book,))


def _order(app: App, order: str, merchant: str | None) -> tuple[int, str]:
    try:
        book, stream = find_order(app.ledger, order, merchant)
    except ServiceFailure:
        raise UnknownValue("order", FILTERS["order"].unknown(order)) from None
    return book, stream
