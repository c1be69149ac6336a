"""Which book holds a merchant: written once, at the merchant's first command, and the same for ever."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from ledger.log.engine import cursor_of

PLATFORM_BOOK = 0
_BOOKS_OF_ORDER = """
SELECT DISTINCT e.book FROM log.directory d
JOIN log.events e ON e.book = d.book AND e.stream = 'order/' || d.merchant_id || '/' || %(order)s AND e.version = 1"""


class Directory:
    """Merchant → book, remembered once read: an entry never changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._books: dict[str, int] = {}

    def book_of(self, merchant_id: str) -> int:
        """The merchant's book; a new merchant is given one."""
        return self.books_of([merchant_id])[merchant_id]

    def books_of(self, merchant_ids: Iterable[str]) -> dict[str, int]:
        """The book of each merchant; new merchants are given one. One round trip for those not seen before, or none."""
        wanted = set(merchant_ids)
        if unknown := sorted(wanted - self._books.keys()):
            self._books |= self._find(unknown)
            if new := [merchant for merchant in unknown if merchant not in self._books]:
                self._register(new)
        return {merchant: self._books[merchant] for merchant in wanted}

    def known_book_of(self, merchant_id: str) -> int | None:
        """The merchant's book, None where nothing was ever asked about the merchant: for reads, which write nothing."""
        if merchant_id not in self._books:
            self._books |= self._find([merchant_id])
        return self._books.get(merchant_id)

    def books_of_order(self, order_id: str) -> frozenset[int]:
        """The books with an order of this id: merchants may have the same ids."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_BOOKS_OF_ORDER, {"order": order_id})
            return frozenset(book for (book,) in cursor.fetchall())

    def _find(self, merchants: list[str]) -> dict[str, int]:
        with cursor_of(self._engine) as cursor:
            cursor.execute("SELECT merchant_id, book FROM log.directory WHERE merchant_id = ANY(%s)", (merchants,))
            return dict(cursor.fetchall())

    def _register(self, merchants: list[str]) -> None:
        with cursor_of(self._engine) as cursor:
            cursor.execute("SELECT log.assign_books(%s)", (merchants,))
        self._books |= self._find(merchants)
