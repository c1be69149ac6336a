"""The vector of a read in SQL, for reads of each book by an index that begins with the book.

A cluster passes a lateral read with a limit or a sum on to the server of each book, but only if it refers to tables
that are placed by book: not to the arrays of the vector.
"""

from __future__ import annotations


def position_in(book: str, *, books: str = ":books", positions: str = ":positions") -> str:
    """Returns the SQL of the position of a book, from the arrays `books` and `positions`."""
    return f"(CAST({positions} AS bigint[]))[array_position(CAST({books} AS integer[]), {book})]"


def each_of(books: str = ":books") -> str:
    """Returns the SQL of a table with the column `book`: those of the array that there are."""
    return f"(SELECT book FROM log.heads WHERE book = ANY(CAST({books} AS integer[])))"
