"""The directory of merchants and their books. A merchant gets its book with its first command and keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from ledger.log.engine import cursor_of

_MERCHANTS_OF_ORDER = """
SELECT d.merchant_id, d.book FROM log.directory d
JOIN log.events e ON e.book = d.book AND e.stream = 'order/' || d.merchant_id || '/' || %(order)s AND e.version = 1
ORDER BY 1"""


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
        if unknown := sorted(wanted - self._books.keys()):
            self._books |= self._find(unknown)
            if new := [merchant for merchant in unknown if merchant not in self._books]:
                self._register(new)
        return {merchant: self._books[merchant] for merchant in wanted}

    def known_book_of(self, merchant_id: str) -> int | None:
        """Returns the merchant's book, or None if it has none. Writes nothing."""
        if merchant_id not in self._books:
            self._books |= self._find([merchant_id])
        return self._books.get(merchant_id)

    def merchants_of_order(self, order_id: str) -> dict[str, int]:
        """Returns the merchants that have an order of this id, in their order, each with its book."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_MERCHANTS_OF_ORDER, {"order": order_id})
            return dict(cursor.fetchall())

    def _find(self, merchants: list[str]) -> dict[str, int]:
        with cursor_of(self._engine) as cursor:
            cursor.execute("SELECT merchant_id, book FROM log.directory WHERE merchant_id = ANY(%s)", (merchants,))
            return dict(cursor.fetchall())

    def _register(self, merchants: list[str]) -> None:
        with cursor_of(self._engine) as cursor:
            cursor.execute("SELECT log.assign_books(%s)", (merchants,))
        self._books |= self._find(merchants)
