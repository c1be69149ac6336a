"""The events that a subscription gets, as the feed filters them."""

from __future__ import annotations

from ledger.events.event import EVENTS
from ledger.events.type_names import types_named
from ledger.ids import order_stream
from ledger.log.directory import Directory
from ledger.streams.subscriptions import Subscription
from service.feeds.event_feed import EventFilter


def choice_of(directory: Directory, subscription: Subscription) -> EventFilter | None:
    """Returns the filter, or None if no event can pass it yet: the merchant is not known, or is in another book.

    The role and the scope are those that the owner had when it subscribed.
    """
    created, wanted = subscription.created, subscription.wanted
    assert created, "only one that was created delivers"
    assert wanted, "it says what it wants"
    known = {name for name, _ in EVENTS}
    books = frozenset(wanted.books)
    if wanted.merchant is not None:
        book = directory.known_book_of(wanted.merchant)
        if book is None or (books and book not in books):
            return None
        books = frozenset((book,))
    return EventFilter(
        types=frozenset[str]().union(*(types_named(each, known) for each in wanted.types)),
        books=books,
        merchant=wanted.merchant,
        stream=order_stream(wanted.merchant, wanted.order) if wanted.merchant and wanted.order else None,
        reads_as=created.scope if created.role == "merchant" else None,
    )
