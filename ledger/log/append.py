"""The append: attempts packed into one call of one SQL function for one book, and its answer read back as receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg2
from sqlalchemy import Engine

from ledger.log.engine import DatabaseUnreachable, OutcomeUnknown, cursor_of
from ledger.log.packing import pack
from ledger.log.rows import Attempt, Receipt, Status

_TRIES = 3
APPEND = "SELECT log.append(%(book)s, {}, {}, {}, %(versions)s::integer[], %(bases)s::integer[], {}, {}, {})".format(
    *(f"string_to_array(%({name})s, E'\\x1e')" for name in ("ids", "attempts", "keys", "moves", "answers", "events"))
)
MARK = APPEND.replace("log.append(", "log.append_marker(")


class Appender:
    """One round trip an append: all attempts of it are checked and recorded under the book's head row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """A receipt for each attempt, in order. A broken connection is tried again with the same ids.

        Raises `OutcomeUnknown` when it stays broken, `DatabaseUnreachable` when nothing was sent, ValueError for an
        attempt that cannot be packed, and psycopg2's error for one the database refuses (nothing is recorded then).
        """
        if not attempts:
            return []
        ids = [attempt.command_id for attempt in attempts]
        if len(set(ids)) < len(ids):  # the second of two with one id is answered by what became of the first
            again = next(n for n, command_id in enumerate(ids) if command_id in ids[:n])
            return self.append(book, attempts[:again]) + self.append(book, attempts[again:])
        marks = any(attempt.marks_open_day for attempt in attempts)
        if marks and len(attempts) > 1:  # what follows a marker is decided on the days it leaves open
            return [receipt for attempt in attempts for receipt in self.append(book, [attempt])]
        return _receipts(book, attempts, self._call(MARK if marks else APPEND, {"book": book, **pack(attempts)}))

    def _call(self, statement: str, arguments: dict[str, Any]) -> Any:
        sent = False
        for left in reversed(range(_TRIES)):
            try:
                with cursor_of(self._engine) as cursor:
                    sent = True
                    cursor.execute(statement, arguments)
                    ((answer,),) = cursor.fetchall()
                    return answer
            except (psycopg2.OperationalError, psycopg2.InterfaceError, DatabaseUnreachable) as error:
                if not sent:
                    raise
                if not left or isinstance(error, DatabaseUnreachable):
                    raise OutcomeUnknown(f"The connection broke during an append: {error}") from error
        raise AssertionError("the last try returns or raises")


def _receipts(book: int, attempts: Sequence[Attempt], answer: Any) -> list[Receipt]:
    if isinstance(answer, list):
        return [_receipt(book, attempt, each) for attempt, each in zip(attempts, answer, strict=True)]
    receipts, position = [], answer
    for attempt in attempts:
        receipts.append(_recorded(book, attempt, first=position + 1, last=position + len(attempt.events)))
        position += len(attempt.events)
    return receipts


def _receipt(book: int, attempt: Attempt, answer: list[Any]) -> Receipt:
    status, first, last, code, facts, open_day = answer + [0, 0, None, None, None][len(answer) - 1 :]
    if status == Status.RECORDED:
        return _recorded(book, attempt, first=first, last=last)
    return Receipt(
        status=Status(status),
        book=book,
        first=first,
        last=last,
        code=code or "",
        facts=facts or "{}",
        first_open_day=date.fromisoformat(open_day) if open_day else None,
    )


def _recorded(book: int, attempt: Attempt, *, first: int, last: int) -> Receipt:
    if attempt.answer is not None:
        return Receipt(Status.RECORDED, book, code=attempt.answer.code, facts=attempt.answer.facts)
    return Receipt(Status.RECORDED, book, first, last)
