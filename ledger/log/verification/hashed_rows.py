"""Checks of the rows that have their own hash: outcomes, directory, books and identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from ledger.ids import merchant_of_key
from ledger.log.preimage import hash_of
from ledger.log.reader import Reader
from ledger.log.verification.finding import Finding, missing, unexpected

_BATCH = 1000
_IDENTITY = "SELECT ledger_id::text, epoch, zone, created_at, demonstration, books, leaf FROM log.identity"
_DIRECTORY = "SELECT merchant_id, book, leaf FROM log.directory WHERE merchant_id > %s ORDER BY merchant_id LIMIT %s"


class Head(NamedTuple):
    """A row of `log.heads`. Its leaf covers the fields that never change: book, takes_merchants, opening_day."""

    book: int
    takes_merchants: bool
    opening_day: date
    leaf: bytes
    position: int
    first_open_day: date
    outcomes: int
    outcome_leaf: bytes


class OutcomeRow(NamedTuple):
    """A row of `log.outcomes`. Its leaf covers all other fields and the leaf of the book's outcome before it."""

    book: int
    number: int
    command_id: str
    fingerprint: str
    stream: str
    command: str
    actor: str
    decided_at: datetime
    code: str
    facts: str
    position: int
    recorded_at: datetime
    leaf: bytes


_HEADS = f"SELECT {', '.join(Head._fields)} FROM log.heads ORDER BY book"
_OUTCOMES = (
    f"SELECT {', '.join(OutcomeRow._fields)} FROM log.outcomes WHERE book = %s AND number > %s ORDER BY number LIMIT %s"
)


def leaf_finding(table: str, key: str, expected: bytes, found: bytes) -> Iterator[Finding]:
    """Yields a finding if the stored hash is not that of the row's fields."""
    if expected != found:
        yield Finding(table, key, "leaf", expected.hex(), found.hex())


def read_heads(reader: Reader) -> list[Head]:
    return [Head(*row)._replace(leaf=bytes(row[3]), outcome_leaf=bytes(row[7])) for row in reader.select(_HEADS)]


def head_findings(heads: Iterable[Head]) -> Iterator[Finding]:
    """Yields changed books and missing books. Books are numbered from 0 without a gap."""
    for place, head in enumerate(heads):
        if head.book != place:
            yield missing("log.heads", f"book {place}", "a book")
            return
        yield from leaf_finding("log.heads", f"book {head.book}", hash_of(head[:3]), head.leaf)


def identity_findings(reader: Reader, books: int) -> Iterator[Finding]:
    """Yields findings if the identity is missing or changed, or counts other than this number of books."""
    rows = list(reader.select(_IDENTITY))
    if len(rows) != 1:
        yield missing("log.identity", "its one row", "the identity that the ledger was given")
    for *fields, leaf in rows:
        yield from leaf_finding("log.identity", "its one row", hash_of(fields), bytes(leaf))
        if fields[-1] != books:
            yield Finding("log.identity", "its one row", "books", str(books), str(fields[-1]))


def outcome_findings(reader: Reader, head: Head, seen: dict[str, set[int]]) -> Iterator[Finding]:
    """Yields outcomes that were changed, removed or inserted. Adds their merchants, with their book, to `seen`."""
    number, before = 0, b""
    while number < head.outcomes and (rows := _outcomes(reader, head, number)):
        for row in rows:
            if row.number != number + 1:
                yield missing("log.outcomes", f"book {head.book}, number {number + 1}", "an outcome")
            yield from _outcome_findings(row, head, before)
            number, before = row.number, row.leaf
            if merchant := merchant_of_key(row.command_id):
                seen.setdefault(merchant, set()).add(row.book)
    key = f"book {head.book}"
    if number < head.outcomes:
        yield Finding("log.heads", key, "outcomes", str(number), str(head.outcomes))
        yield missing("log.outcomes", f"{key}, number {number + 1}", "an outcome")
    elif before != head.outcome_leaf:
        yield Finding("log.heads", key, "outcome_leaf", before.hex(), head.outcome_leaf.hex())
    yield from _uncounted(reader, head)


def _outcomes(reader: Reader, head: Head, after: int) -> list[OutcomeRow]:
    limit = min(_BATCH, head.outcomes - after)
    rows = (OutcomeRow(*row) for row in reader.select(_OUTCOMES, head.book, after, limit))
    return [row._replace(leaf=bytes(row.leaf)) for row in rows if row.number <= head.outcomes]


def _outcome_findings(row: OutcomeRow, head: Head, before: bytes) -> Iterator[Finding]:
    key = f"book {row.book}, number {row.number}, command {row.command_id}"
    yield from leaf_finding("log.outcomes", key, hash_of((*row[:-1], before)), row.leaf)
    if row.position > head.position:
        expected = f"at most {head.position}, where the book ends"
        yield Finding("log.outcomes", key, "position", expected, str(row.position))


def _uncounted(reader: Reader, head: Head) -> Iterator[Finding]:
    """Yields outcomes with a number that the head row does not count."""
    rows = list(
        reader.select(
            "SELECT number, command_id FROM log.outcomes"
            " WHERE book = %s AND (number < 1 OR number > (SELECT outcomes FROM log.heads WHERE book = %s))"
            " ORDER BY number LIMIT 20",
            head.book,
            head.book,
        )
    )
    for number, command_id in rows:
        key = f"book {head.book}, number {number}, command {command_id}"
        yield unexpected("log.outcomes", key, "an outcome that log.heads does not count")
    if rows:
        yield Finding("log.heads", f"book {head.book}", "outcomes", f"{rows[-1][0]}", f"{head.outcomes}")


def directory_findings(reader: Reader, books: Mapping[int, bool], seen: Mapping[str, set[int]]) -> Iterator[Finding]:
    """Yields directory rows that were changed, removed or inserted.

    `books`: whether each book takes merchants. `seen`: the books in which each merchant's rows are.
    """
    after, known = "", set[str]()
    while rows := list(reader.select(_DIRECTORY, after, _BATCH)):
        for merchant, book, leaf in rows:
            yield from _line_findings(merchant, book, bytes(leaf), books, seen.get(merchant, {book}))
            known.add(merchant)
        after = rows[-1][0]
    for merchant in sorted(seen.keys() - known):
        shown = ", ".join(map(str, sorted(seen[merchant])))
        yield missing("log.directory", f"merchant {merchant}", f"a row: the merchant's events are in book {shown}")


def _line_findings(
    merchant: str, book: int, leaf: bytes, books: Mapping[int, bool], stands_in: Iterable[int]
) -> Iterator[Finding]:
    key = f"merchant {merchant}"
    yield from leaf_finding("log.directory", key, hash_of((merchant, book)), leaf)
    if not books.get(book):
        yield Finding("log.directory", key, "book", "a book that takes merchants", str(book))
    for other in sorted(set(stands_in) - {book}):
        yield Finding(
            "log.directory", key, "book", f"{other}, where the merchant's events or outcomes stand", str(book)
        )


def unknown_book_findings(reader: Reader, books: Iterable[int]) -> Iterator[Finding]:
    """Yields findings of rows whose book `log.heads` does not have."""
    known: Any = sorted(books)
    for table in ("log.events", "log.outcomes", "log.accounts"):
        unmatched = f"SELECT DISTINCT book FROM {table} WHERE book <> ALL(%s) ORDER BY book"
        for (book,) in reader.select(unmatched, known):
            yield unexpected(table, f"book {book}", "rows of a book that log.heads does not have")
            yield missing("log.heads", f"book {book}", f"a book, which {table} has rows of")
