"""Partial answers: what the books at hand have, while the server of others is lost. Nobody gets one unasked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from service.app import App


@dataclass(frozen=True, slots=True)
class Part:
    """The books of a partial answer, and the missing ones."""

    books: frozenset[int]
    missing: tuple[int, ...]

    def of(self, app: App) -> App:
        """Returns the app with these books alone."""
        return _narrowed(app, self.books)


def part_at_hand(app: App, *, asked: bool) -> Part | None:
    """Returns the books that answer now. None if no part was asked for, or no book is lost, so that the answer is
    whole."""
    if not asked:
        return None
    books = app.ledger.reader.heads_at_hand().keys()
    missing = set(app.ledger.reader.books()) - books
    return Part(frozenset(books), tuple(sorted(missing))) if missing else None


def within(app: App, books: Collection[int] | None) -> App:
    """Returns the app for a question about these books, None for all. On a cluster it asks the servers of other books
    nothing, so that it needs none of them. On one server a book more costs nothing, and its statements stay simple."""
    return _narrowed(app, books) if books is not None and app.ledger.is_placed else app


def _narrowed(app: App, books: Collection[int]) -> App:
    return replace(app, ledger=app.ledger.within(books), views=app.views.within(books))
