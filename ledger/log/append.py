"""The append: packs attempts into one call of one SQL function, for one book, and reads its answer as receipts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import psycopg2
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError, StatementError

from ledger.ids import account_guard
from ledger.log.append_arguments import pack
from ledger.log.database_errors import ConnectionLost, DatabaseTrouble, OutcomeUnknown
from ledger.log.engine import cursor_of
from ledger.log.rows import UNANSWERED, Attempt, Receipt, Status

_TRIES = 3
# SQLSTATE classes of values that a row cannot hold: data exception, integrity constraint, program limit.
_OF_ONE_ATTEMPT = ("22", "23", "54")
# Prepared once for each connection: parsing and planning take a tenth of an append.
_PREPARE = (
    "PREPARE {0} (integer, text, text, text, integer[], integer[], text, text, text, timestamptz) AS"
    " SELECT log.{0}($1, {2}, {3}, {4}, $5, $6, {7}, {8}, {9}, $10)"
)
_EXECUTE = (
    "EXECUTE {} (%(book)s, %(ids)s, %(attempts)s, %(keys)s, %(versions)s, %(bases)s, %(moves)s, %(answers)s,"
    " %(events)s, %(at)s)"
)


class Appender:
    """Appends attempts to a book, with one round trip for each append.

    The database checks and records all attempts of an append while it locks the book's head row. `recorded_at` is the
    server's time, or that of `scenario` in a ledger founded for demonstration.
    """

    def __init__(self, engine: Engine, *, scenario: Callable[[], datetime] | None = None) -> None:
        self._engine = engine
        self._scenario = scenario

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """Returns a receipt for each attempt, in order. Repeats the call with the same ids if the connection breaks.

        An attempt that cannot be packed or stored gets `FAULTY`, and attempts that build on it get `CONFLICT`; the
        others are recorded. Raises `OutcomeUnknown` if the connection stays broken, another `DatabaseTrouble` if
        nothing of the run was recorded, and psycopg2's error for a wrong statement.
        """
        receipts: list[Receipt] = []
        runs = deque(_runs(attempts))
        while runs:
            run = runs.popleft()
            fit = _without_what_was_lost(run, zip(attempts, receipts, strict=False))
            try:
                answers = iter(self._append(book, [attempt for attempt, fits in zip(run, fit, strict=True) if fits]))
            except Exception as error:
                if not concerns_one_attempt(error):
                    raise
                if len(run) > 1:
                    runs.extendleft((run[len(run) // 2 :], run[: len(run) // 2]))
                else:
                    receipts.append(Receipt(Status.FAULTY, book, error=error))
            else:
                receipts += [next(answers) if fits else Receipt(Status.CONFLICT, book) for fits in fit]
        return receipts

    def _append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        if not attempts:
            return []
        function = "append_marker" if attempts[0].marks_open_day else "append"
        at = self._scenario() if self._scenario else None
        return _receipts(book, attempts, self._call(function, {"book": book, "at": at, **pack(attempts)}))

    def _call(self, function: str, arguments: dict[str, Any]) -> Any:
        for left in reversed(range(_TRIES)):
            try:
                with cursor_of(self._engine) as cursor:
                    try:
                        call(cursor, function, arguments)
                    except psycopg2.errors.InvalidSqlStatementName:  # a new connection has no prepared call
                        prepare(cursor, function)
                        call(cursor, function, arguments)
                    ((answer,),) = cursor.fetchall()
                    return answer
            except DatabaseTrouble as error:
                if left and isinstance(error, ConnectionLost):
                    continue
                if left == _TRIES - 1:  # the first try: nothing was sent, or nothing was recorded
                    raise
                raise OutcomeUnknown(error.words, error.database) from error
        raise AssertionError("the last try returns or raises")


def prepare(cursor: psycopg2.extensions.cursor, function: str) -> None:
    """Prepares the call of `log.append` or `log.append_marker` on the cursor's connection."""
    arrays = (f"string_to_array(${n}, E'\\x1e')" for n in range(1, 11))
    cursor.execute(_PREPARE.format(function, *arrays))


def call(cursor: psycopg2.extensions.cursor, function: str, arguments: dict[str, Any]) -> None:
    """Executes the prepared call. Raises psycopg2's `InvalidSqlStatementName` if it is not prepared."""
    cursor.execute(_EXECUTE.format(function), arguments)


def concerns_one_attempt(error: Exception) -> bool:
    """True if the values of one attempt cause the error: they cannot be packed, or a row cannot hold them.

    Recognises the driver's own error, and SQLAlchemy's error around it.
    """
    if isinstance(error, StatementError) and isinstance(error.orig, Exception):
        error = error.orig
    if isinstance(error, psycopg2.Error):
        return (error.pgcode or "")[:2] in _OF_ONE_ATTEMPT
    return not isinstance(error, SQLAlchemyError | DatabaseTrouble)


def _runs(attempts: Sequence[Attempt]) -> Iterator[Sequence[Attempt]]:
    """Yields the parts of `attempts` that each need an append of their own.

    The second attempt with an id is answered from the outcome of the first. A marker goes alone, because it decides
    which days are open for the attempts after it.
    """
    start, ids = 0, set[str]()
    for end, attempt in enumerate(attempts):
        alone = attempt.marks_open_day or (end > start and attempts[end - 1].marks_open_day)
        if end > start and (alone or attempt.command_id in ids):
            yield attempts[start:end]
            start, ids = end, set()
        ids.add(attempt.command_id)
    if attempts:
        yield attempts[start:]


def _without_what_was_lost(run: Sequence[Attempt], before: Iterable[tuple[Attempt, Receipt]]) -> list[bool]:
    """Returns, for each attempt of a run, whether it may be tried. `before` are the attempts of earlier runs.

    An attempt that builds on an unrecorded attempt may not: its versions may match by chance. An attempt whose id was
    answered before may: it gets the same answer. 05_append_in_order.sql does the same within a run.
    """
    lost, answered = set[str](), set[str]()
    for attempt, receipt in before:
        if receipt.status is not Status.RECORDED:
            lost |= _raised(attempt)
        if receipt.status not in UNANSWERED:
            answered.add(attempt.command_id)
    fit = []
    for attempt in run:
        fit.append(attempt.command_id in answered or lost.isdisjoint(expected.key for expected in attempt.expects))
        if not fit[-1]:
            lost |= _raised(attempt)
    return fit


def _raised(attempt: Attempt) -> set[str]:
    """Returns the keys whose versions the attempt raises."""
    return {event.stream for event in attempt.events} | {account_guard(move.merchant_id) for move in attempt.moves}


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
