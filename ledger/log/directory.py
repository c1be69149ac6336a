"""The directory of merchants and their books. A merchant gets its book with its first command and keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from ledger.log.database_errors import ConnectionLost
from ledger.log.engine import cursor_of
from ledger.log.lost_books import BooksLost, is_lost, of_each

_FIND = "SELECT merchant_id, book FROM log.directory WHERE merchant_id = ANY(%(merchants)s)"
_MERCHANTS_OF_ORDER = """
SELECT d.merchant_id, d.book FROM log.directory d
JOIN log.events e ON e.book = d.book AND e.stream = 'order/' || d.merchant_id || '/' || %(order)s AND e.version = 1
{where} ORDER BY 1"""
_OF_ALL = _MERCHANTS_OF_ORDER.format(where="")
_OF_BOOK = _MERCHANTS_OF_ORDER.format(where="WHERE d.book = %(book)s AND e.book = %(book)s")


class Directory:
    """The book of each merchant. Entries never change, so they are cached once read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._books: dict[str, int] = {}

    def book_of(self, merchant_id: str) -> int:
        """Returns the merchant's book. Assigns one to a new merchant."""
        return self.books_of([merchant_id])[merchant_id]

    def books_of(self, merchant_ids: Iterable[str]) -> dict[str, int]:
        """Returns the book of each merchant. Assigns one to new merchants. Merchants seen before need no round trip."""
        wanted = set(merchant_ids)
        if new := sorted(wanted - self.known_books_of(wanted).keys()):
            self._register(new)
        return {merchant: self._books[merchant] for merchant in wanted}

    def known_book_of(self, merchant_id: str) -> int | None:
        """Returns the merchant's book, or None if it has none. Writes nothing."""
        return self.known_books_of([merchant_id]).get(merchant_id)

    def known_books_of(self, merchant_ids: Iterable[str]) -> dict[str, int]:
        """Returns the books of those of these merchants that have one. Writes nothing."""
        wanted = set(merchant_ids)
        if unknown := sorted(wanted - self._books.keys()):
            self._books |= self._find(unknown)
        return {merchant: self._books[merchant] for merchant in wanted & self._books.keys()}

    def merchants_of_order(self, order_id: str) -> dict[str, int]:
        """Returns the merchants that have an order of this id, in their order, each with its book. Asks all books."""
        return dict(self._select(_OF_ALL, {"order": order_id}))

    def has_order(self, order_id: str) -> bool:
        """True if a merchant has an order of this id. Raises `BooksLost` if only a lost book could say so."""
        try:
            return bool(self.merchants_of_order(order_id))
        except ConnectionLost as trouble:
            if not is_lost(trouble):
                raise
        books = [book for (book,) in self._select("SELECT DISTINCT book FROM log.directory", {})]
        found, lost = of_each(books, lambda book: self._select(_OF_BOOK, {"order": order_id, "book": book}))
        if not any(found.values()):
            raise BooksLost(lost)
        return True

    def _find(self, merchants: list[str]) -> dict[str, int]:
        return dict(self._select(_FIND, {"merchants": merchants}))

    def _select(self, statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with cursor_of(self._engine) as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def _register(self, merchants: list[str]) -> None:
        with cursor_of(self._engine) as cursor:
            cursor.execute("SELECT log.assign_books(%s)", (merchants,))
        self._books |= self._find(merchants)
