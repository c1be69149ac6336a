"""The append: attempts packed into one call of one SQL function for one book, and its answer read back as receipts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import psycopg2
from sqlalchemy import Engine

from ledger.ids import account_guard
from ledger.log.engine import DatabaseUnreachable, OutcomeUnknown, cursor_of
from ledger.log.rows import Attempt, NewEvent, Receipt, Status

_FIELD, _ROW = "\x1f", "\x1e"  # separators; canonical JSON escapes both, ids hold neither
_TRIES = 3
_APPEND = (
    "SELECT log.append(%(book)s, string_to_array(%(ids)s, E'\\x1e'), string_to_array(%(attempts)s, E'\\x1e'),"
    " string_to_array(%(touches)s, E'\\x1e'), string_to_array(%(moves)s, E'\\x1e'), string_to_array(%(events)s, E'\\x1e'))"
)


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
        packed = {"book": book, **pack(attempts)}
        for left in reversed(range(_TRIES)):
            try:
                with cursor_of(self._engine) as cursor:
                    cursor.execute(_APPEND, packed)
                    (answers,) = cursor.fetchone() or (None,)
                return [_receipt(book, attempt, answer) for attempt, answer in zip(attempts, answers, strict=True)]
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if not left:
                    raise OutcomeUnknown("the connection broke during an append; send it again") from error
            except DatabaseUnreachable as error:
                if left < _TRIES - 1:
                    raise OutcomeUnknown("the connection broke during an append; send it again") from error
                raise
        raise AssertionError("unreachable")


def pack(attempts: Sequence[Attempt]) -> dict[str, str]:
    """The arguments of `log.append`, each an array as one text; its fields are listed in 2_append.sql."""
    touches = [list(_touches(attempt)) for attempt in attempts]
    return {
        "ids": _rows([attempt.command_id for attempt in attempts], fields=1),
        "attempts": _rows(
            [_attempt(attempt, len(touched)) for attempt, touched in zip(attempts, touches, strict=True)], fields=9
        ),
        "touches": _rows([touch for touched in touches for touch in touched], fields=3),
        "moves": _rows(
            [
                f"{m.merchant_id}{_FIELD}{m.available}{_FIELD}{m.on_hold}{_FIELD}{m.in_transit}"
                for attempt in attempts
                for m in attempt.moves
            ],
            fields=4,
        ),
        "events": _rows([row for attempt in attempts for row in _events(attempt)], fields=18),
    }


def _rows(rows: list[str], *, fields: int) -> str:
    text = _ROW.join(rows)
    if rows and (text.count(_ROW) != len(rows) - 1 or text.count(_FIELD) != len(rows) * (fields - 1)):
        raise ValueError("a control character stands where the log allows none")
    return text


def _attempt(attempt: Attempt, touches: int) -> str:
    answer = attempt.answer
    if bool(attempt.events) == (answer is not None):
        raise ValueError(f"the attempt {attempt.command_id} has either events or an answer")
    fields = [attempt.fingerprint, str(len(attempt.events)), str(touches), str(len(attempt.moves))]
    if answer is None:
        fields += [""] * 5
    else:
        fields += [answer.command, answer.actor, _instant(answer.decided_at), answer.code, answer.facts]
    return _FIELD.join(fields)


def _touches(attempt: Attempt) -> Iterator[str]:
    """Every key the attempt was decided on or writes: the version it expects, and how far it raises it."""
    raised: dict[str, int] = {}
    for event in attempt.events:
        raised[event.stream] = raised.get(event.stream, 0) + 1
    for move in attempt.moves:
        guard = account_guard(move.merchant_id)
        raised[guard] = raised.get(guard, 0) + 1
    for expected in attempt.expects:
        yield f"{expected.key}{_FIELD}{expected.version}{_FIELD}{raised.pop(expected.key, 0)}"
    for key, by in raised.items():
        yield f"{key}{_FIELD}{_FIELD}{by}"


def _events(attempt: Attempt) -> Iterator[str]:
    versions = {expected.key: expected.version for expected in attempt.expects}
    for n, event in enumerate(attempt.events, 1):
        if event.stream not in versions:
            raise ValueError(
                f"the attempt {attempt.command_id} writes {event.stream} without expecting a version of it"
            )
        versions[event.stream] += 1
        yield _event(attempt, event, version=versions[event.stream], n=n)


def _event(attempt: Attempt, event: NewEvent, *, version: int, n: int) -> str:
    return _FIELD.join((
        event.accounting_date.isoformat(), event.stream, str(version), event.type, str(event.schema_version),
        event.event_id, _instant(event.occurred_at), event.actor, event.source, event.correlation_id,
        event.causation_id, attempt.command_id, str(n), attempt.fingerprint, event.legal_entity,
        event.policy_versions, event.payload, event.entry or "",
    ))  # fmt: skip


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no zone")
    return at.isoformat()


def _receipt(book: int, attempt: Attempt, answer: list[Any]) -> Receipt:
    status, first, last, code, facts, open_day = answer + [0, 0, None, None, None][len(answer) - 1 :]
    if status == Status.RECORDED and attempt.answer is not None:
        code, facts = attempt.answer.code, attempt.answer.facts
    return Receipt(
        status=Status(status),
        book=book,
        first=first,
        last=last,
        code=code or "",
        facts=facts or "{}",
        first_open_day=date.fromisoformat(open_day) if open_day else None,
    )
