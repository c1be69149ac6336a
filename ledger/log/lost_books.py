"""Books whose server is lost: they are found by asking each book alone, so that all others can go on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from ledger.log.database_errors import BOOKS_LOST, NODE_LOST, ConnectionLost, DatabaseTrouble

T = TypeVar("T")


class BooksLost(DatabaseTrouble):
    """The server of these books does not answer, so no answer can be given that needs them."""

    default = BOOKS_LOST

    def __init__(self, books: Iterable[int]) -> None:
        self.books = tuple(sorted(books))
        super().__init__(self.named)
        self.args = (self.books,)  # those of this class, so that it can be pickled

    @property
    def named(self) -> str:
        return f"book{'s' * (len(self.books) > 1)} {', '.join(map(str, self.books))}"

    @property
    def public(self) -> str:
        """The text with the books, which are no secret."""
        return f"The database {self.kind.what}: {self.named}. {self.kind.remedy}"


def is_lost(trouble: DatabaseTrouble) -> bool:
    """True if a server behind the database is lost, and not the database itself."""
    return isinstance(trouble, ConnectionLost) and trouble.kind is NODE_LOST


def within(books: Collection[int] | None, book: str = "book") -> str:
    """Returns the SQL condition that the column `book` is one of these books; None means any.

    A cluster asks no server for other books if each table of a statement has the condition. It does not derive it from
    a join.
    """
    return "true" if books is None else f"{book} IN ({', '.join(map(str, sorted(books)))})"


def of_each(books: Iterable[int], ask: Callable[[int], T]) -> tuple[dict[int, T], list[int]]:
    """Asks each book alone. Returns the answers by book, and the books whose server is lost.

    Raises the trouble itself if no book answers: then it is not about books.
    """
    found, lost, last = dict[int, T](), list[int](), None
    for book in books:
        try:
            found[book] = ask(book)
        except ConnectionLost as trouble:
            if not is_lost(trouble):
                raise
            lost.append(book)
            last = trouble
    if last is not None and not found:
        raise last
    return found, lost
