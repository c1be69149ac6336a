"""Attempts as arguments of the append function: each array is sent as one text, which is cheapest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ledger.deadlines import in_zone
from ledger.ids import account_guard, is_guard
from ledger.log.rows import Attempt, Movement, NewEvent

FIELD, _ROW = "\x1f", "\x1e"  # separators of fields and rows; canonical JSON escapes both, and ids cannot contain them

FIELDS_OF_EVENT = (
    "accounting_date", "stream", "version", "type", "schema_version", "event_id", "occurred_at", "actor", "source",
    "correlation_id", "causation_id", "command_id", "command_n", "fingerprint", "legal_entity", "policy_versions",
    "payload", "entry",
)  # fmt: skip


def pack(attempts: Sequence[Attempt]) -> dict[str, str]:
    """Returns the arguments of `log.append` (see 04_append.sql). Raises ValueError for a value that the log cannot
    hold.
    """
    expectations = [expected for attempt in attempts for expected in attempt.expects]
    return {
        "ids": _rows([attempt.command_id for attempt in attempts], fields=1),
        "attempts": _rows([_sizes(attempt) for attempt in attempts], fields=5),
        "keys": _rows([expected.key for expected in expectations], fields=1),
        "versions": _integers(expected.version for expected in expectations),
        "bases": _integers(_bases(attempts)),
        "moves": _rows([_move(move) for attempt in attempts for move in attempt.moves], fields=5),
        "answers": _rows(list(_answers(attempts)), fields=9),
        "events": _rows([row for attempt in attempts for row in _events(attempt)], fields=len(FIELDS_OF_EVENT)),
    }


def _rows(rows: list[str], *, fields: int) -> str:
    text = _ROW.join(rows)
    if rows and (text.count(_ROW) != len(rows) - 1 or text.count(FIELD) != len(rows) * (fields - 1)):
        raise ValueError("a value contains the control character U+001E or U+001F, which the log does not allow")
    return text


def _integers(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _sizes(attempt: Attempt) -> str:
    if bool(attempt.events) == (attempt.answer is not None):
        raise ValueError(f"the attempt {attempt.command_id} must have either events or an answer")
    answers = 0 if attempt.events else 1
    return FIELD.join(
        (
            attempt.fingerprint,
            f"{len(attempt.expects)}",
            f"{len(attempt.moves)}",
            f"{answers}",
            f"{len(attempt.events)}",
        )
    )


def _bases(attempts: Sequence[Attempt]) -> Iterator[int]:
    """Yields for each expectation its version, less the number of times that earlier attempts raise the key."""
    raised: dict[str, int] = {}
    for attempt in attempts:
        for expected in attempt.expects:
            yield expected.version - raised.get(expected.key, 0)
        for event in attempt.events:
            raised[event.stream] = raised.get(event.stream, 0) + 1
        for move in attempt.moves:
            guard = account_guard(move.merchant_id)
            raised[guard] = raised.get(guard, 0) + 1


def _move(move: Movement) -> str:
    return FIELD.join((move.merchant_id, *map(str, move[1:])))


def _answers(attempts: Sequence[Attempt]) -> Iterator[str]:
    events = 0
    for attempt in attempts:
        events += len(attempt.events)
        if (answer := attempt.answer) is not None:
            yield FIELD.join(
                (
                    attempt.command_id,
                    attempt.fingerprint,
                    answer.stream,
                    answer.command,
                    answer.actor,
                    instant_text(answer.decided_at),
                    answer.code,
                    answer.facts,
                    str(events),
                )
            )


def _events(attempt: Attempt) -> Iterator[str]:
    versions = {expected.key: expected.version for expected in attempt.expects}
    for n, event in enumerate(attempt.events, 1):
        if event.stream not in versions:
            raise ValueError(f"the attempt {attempt.command_id} writes {event.stream} but expects no version of it")
        if is_guard(event.stream):
            raise ValueError(f"the attempt {attempt.command_id} writes into the guard {event.stream}")
        versions[event.stream] += 1
        yield _event(attempt, event, version=versions[event.stream], n=n)


def _event(attempt: Attempt, event: NewEvent, *, version: int, n: int) -> str:
    return FIELD.join(
        (
            event.accounting_date.isoformat(),
            event.stream,
            str(version),
            event.type,
            str(event.schema_version),
            event.event_id,
            instant_text(event.occurred_at),
            event.actor,
            event.source,
            event.correlation_id,
            event.causation_id,
            attempt.command_id,
            str(n),
            attempt.fingerprint,
            event.legal_entity,
            event.policy_versions,
            event.payload,
            event.entry or "",
        )
    )


def instant_text(at: datetime) -> str:
    """Returns RFC 3339 in UTC, to the microsecond. Raises ValueError for an instant without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return in_zone(at, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
