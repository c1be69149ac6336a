"""A ledger in memory: what the bus asks of a real one, without a database, for thousands of histories in minutes.

Rows, accounting days, guards and answers are as the append function keeps them; there are no hashes and no races.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import cast

from pydantic_core import from_json

from ledger.ids import account_guard
from ledger.ledger import Ledger
from ledger.log.identity import Identity
from ledger.log.reader import AccountRow, EarlierAnswer
from ledger.log.rows import Attempt, EventSummary, NewEvent, Receipt, Recorded, Status
from tests.support.buses import Clock, Desk
from tests.support.one_key import OneKey

_NOTHING = AccountRow(0, 0, 0, 0, 0)


class MemoryLedger:
    """Book 0 and one for merchants."""

    def __init__(self, clock: Clock) -> None:
        self.keys = OneKey()
        self.identity = Identity("memory", 1, "Asia/Shanghai", clock.now)
        self.reader = self
        self.directory = self
        self.books: dict[int, list[Recorded]] = {0: [], 1: []}
        self.open_days = dict.fromkeys(self.books, date.min)
        self._clock = clock
        self._streams: dict[str, list[Recorded]] = {}
        self._accounts: dict[str, AccountRow] = {}
        self._answers: dict[tuple[int, str], EarlierAnswer] = {}

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """A receipt for each attempt, in order."""
        return [self._append(book, attempt) for attempt in attempts]

    def books_of(self, merchant_ids: Iterable[str]) -> dict[str, int]:
        return dict.fromkeys(merchant_ids, 1)

    def book_of(self, _: str) -> int:
        return 1

    def known_book_of(self, _: str) -> int:
        return 1

    def heads(self) -> dict[int, int]:
        return {book: len(rows) for book, rows in self.books.items()}

    def positions_as_known_at(self, instant: datetime) -> dict[int, int]:
        if instant > self._clock():
            raise ValueError(f"{instant.isoformat()} has not come yet")
        return {book: sum(row.recorded_at <= instant for row in rows) for book, rows in self.books.items()}

    def has_book(self, book: int) -> bool:
        return book in self.books

    def first_open_days(self) -> dict[int, date]:
        return dict(self.open_days)

    def first_open_day(self, book: int) -> date:
        return self.open_days[book]

    def read(self, book: int, after: int, limit: int) -> list[Recorded]:
        return self.books[book][after : after + limit]

    def read_stream(self, book: int, stream: str) -> list[Recorded]:
        return self.rows_of_streams({stream: book})

    def rows_of_streams(self, books: Mapping[str, int]) -> list[Recorded]:
        found = [row for stream in books for row in self._streams.get(stream, ())]
        return sorted(found, key=lambda row: (row.book, row.position))

    def summaries_of_streams(self, books: Mapping[str, int]) -> list[EventSummary]:
        return [
            EventSummary._make(getattr(row, name) for name in EventSummary._fields)
            for row in self.rows_of_streams(books)
        ]

    def accounts(self, _: int, merchant_ids: Sequence[str]) -> dict[str, AccountRow]:
        return {name: self._accounts[name] for name in merchant_ids if name in self._accounts}

    def answers(self, book: int, command_ids: Sequence[str]) -> dict[str, EarlierAnswer]:
        return {id: self._answers[book, id] for id in command_ids if (book, id) in self._answers}

    def _append(self, book: int, attempt: Attempt) -> Receipt:
        if earlier := self._answers.get((book, attempt.command_id)):
            return earlier.to(attempt.fingerprint)
        if any(self._version(expected.key) != expected.version for expected in attempt.expects):
            return Receipt(Status.CONFLICT, book)
        if any(event.accounting_date < self.open_days[book] for event in attempt.events):
            return Receipt(Status.DAY_CLOSED, book, first_open_day=self.open_days[book])
        for n, event in enumerate(attempt.events, 1):
            self._record(book, attempt, event, n)
        for move in attempt.moves:
            before = self._accounts.get(move.merchant_id, _NOTHING)
            moved = zip(before[1:], move[1:], strict=True)
            self._accounts[move.merchant_id] = AccountRow(before.version + 1, *(old + new for old, new in moved))
        if attempt.marks_open_day:
            self.open_days[book] = date.fromisoformat(from_json(attempt.events[0].payload)["first_open_day"])
        return self._answered(book, attempt)

    def _answered(self, book: int, attempt: Attempt) -> Receipt:
        last = len(self.books[book])
        if attempt.answer:
            receipt = Receipt(Status.RECORDED, book, code=attempt.answer.code, facts=attempt.answer.facts)
        else:
            receipt = Receipt(Status.RECORDED, book, last - len(attempt.events) + 1, last)
        again = receipt._replace(status=Status.REPEATED)
        self._answers[book, attempt.command_id] = EarlierAnswer(attempt.fingerprint, again)
        return receipt

    def _record(self, book: int, attempt: Attempt, event: NewEvent, n: int) -> None:
        stream = self._streams.setdefault(event.stream, [])
        row = Recorded(
            book=book,
            position=len(self.books[book]) + 1,
            version=len(stream) + 1,
            recorded_at=self._clock(),
            command_id=attempt.command_id,
            command_n=n,
            fingerprint=attempt.fingerprint,
            leaf=b"",
            **event._asdict(),
        )
        stream.append(row)
        self.books[book].append(row)

    def _version(self, key: str) -> int:
        merchant = key.partition("/")[2]
        if key == account_guard(merchant):
            return self._accounts.get(merchant, _NOTHING).version
        return len(self._streams.get(key, ()))


class MemoryDesk(Desk):
    """A desk whose ledger is in memory."""

    def __init__(self, now: datetime) -> None:
        clock = Clock(now)
        super().__init__(cast(Ledger, MemoryLedger(clock)), clock)
