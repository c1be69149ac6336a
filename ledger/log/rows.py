"""The shapes that go into the log and come out of it: new events, attempts, receipts and recorded rows.

They are tuples: a bulk append or a rebuild makes millions, and frozen dataclasses cost several times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ledger.deadlines import FORESEEABLE, timing_of
from ledger.events import published  # noqa: F401 - registers the events, so that rows can be decoded
from ledger.events.event import Event, Undecodable, decode
from ledger.ids import decided_at
from ledger.journal.entry import entry_lines

_BY_IMPORTER = '"kind":"importer"'  # in an actor's canonical JSON
# SQL: the same as `Recorded.far_by`.
FAR_BY = (
    f"CASE WHEN occurred_at > recorded_at + interval '{FORESEEABLE.days} days' THEN"
    f" CASE WHEN position('{_BY_IMPORTER}' IN actor) > 0 THEN '' ELSE event_id::text END END"
)


class NewEvent(NamedTuple):
    """An event ready for the log. The log adds position, version and `recorded_at`.

    `actor`, `source`, `policy_versions`, `payload` and `entry` are canonical JSON texts, which are hashed as they are.
    """

    stream: str
    type: str
    schema_version: int
    event_id: str  # UUID, time-ordered
    occurred_at: datetime
    accounting_date: date
    actor: str
    source: str
    correlation_id: str
    causation_id: str
    legal_entity: str
    policy_versions: str
    payload: str
    entry: str | None


class Expectation(NamedTuple):
    """`key`, a stream or a guard such as `account/M-1`, was at `version` when the command was decided.

    If an earlier attempt of the same append raises the key, `version` is the one after that attempt.
    """

    key: str
    version: int


class Movement(NamedTuple):
    """The change of a merchant's guard by a command: 2120, 2130 and 2140 in fen, credit positive, and the change of the
    part that open cases and disputes may still take. It raises the guard's version by one.
    """

    merchant_id: str
    available: int
    on_hold: int
    in_transit: int
    in_open_cases: int = 0


class Answer(NamedTuple):
    """The outcome of a command without events: a refusal with its facts, or nothing to do (`code` is empty)."""

    stream: str  # that the command would have written
    command: str  # the command's name
    actor: str  # canonical JSON
    decided_at: datetime
    code: str
    facts: str  # canonical JSON


class Attempt(NamedTuple):
    """One command's attempt to append. It is recorded as a whole or not at all."""

    command_id: str  # scoped: caller/id/merchant
    fingerprint: str
    events: Sequence[NewEvent] = ()
    expects: Sequence[Expectation] = ()
    moves: Sequence[Movement] = ()
    answer: Answer | None = None
    marks_open_day: bool = False  # its one event sets the book's first open accounting day


class Status(StrEnum):
    """The outcome of an attempt."""

    RECORDED = "recorded"  # its events or its answer are recorded now
    REPEATED = "repeated"  # the command was answered before: the receipt is the earlier one
    REUSED = "reused"  # the id was used before for another body; nothing is recorded
    CONFLICT = "conflict"  # an expectation no longer holds; nothing is recorded
    DAY_CLOSED = "day_closed"  # an accounting day is closed; nothing is recorded, `first_open_day` says what is open
    FAULTY = "faulty"  # the log cannot hold it; nothing is recorded, `error` says why


# Nothing is recorded under the attempt's id, so it may be tried again.
UNANSWERED = frozenset({Status.CONFLICT, Status.DAY_CLOSED, Status.FAULTY})


class Receipt(NamedTuple):
    """The log's answer to an attempt. `first` and `last` are positions in the book; 0 if no event was recorded."""

    status: Status
    book: int
    first: int = 0
    last: int = 0
    code: str = ""
    facts: str = "{}"
    first_open_day: date | None = None
    error: Exception | None = None


class EventSummary(NamedTuple):
    """An event without its hash, entry and origin, which is quickest to read. `event` decodes it.

    `far_by` is set only if `occurred_at` is more than two years after `recorded_at`: see `Recorded.far_by`.
    """

    position: int
    stream: str
    version: int
    type: str
    schema_version: int
    occurred_at: datetime
    payload: str
    far_by: str | None = None

    @property
    def event(self) -> Event:
        """The decoded event. Raises `Undecodable`."""
        event = decode(self.type, self.schema_version, self.payload)
        return event if self.far_by is None else _judged(event, self.occurred_at, self.far_by)

    @property
    def readable_event(self) -> Event | None:
        """The event, or None if this code cannot decode it. For readers of many streams, which go on."""
        try:
            return self.event
        except Undecodable:
            return None


class Recorded(NamedTuple):
    """One row of the log as it was written. `event` decodes at each call."""

    book: int
    position: int
    stream: str
    version: int
    type: str
    schema_version: int
    event_id: str
    occurred_at: datetime
    recorded_at: datetime
    accounting_date: date
    actor: str
    source: str
    correlation_id: str
    causation_id: str
    command_id: str
    command_n: int
    fingerprint: str
    legal_entity: str
    policy_versions: str
    payload: str
    entry: str | None
    leaf: bytes

    @property
    def event(self) -> Event:
        """The decoded event. Raises `Undecodable`."""
        event, far_by = decode(self.type, self.schema_version, self.payload), self.far_by
        return event if far_by is None else _judged(event, self.occurred_at, far_by)

    @property
    def far_by(self) -> str | None:
        """The event id, which holds the instant of the decision, if `occurred_at` is more than two years after
        `recorded_at`.

        Empty for an importer's event: its id holds the earlier instant that the importer brought. None for all other
        events.
        """
        if self.occurred_at - self.recorded_at <= FORESEEABLE:
            return None
        return "" if _BY_IMPORTER in self.actor else self.event_id

    @property
    def readable_event(self) -> Event | None:
        """The event, or None if this code cannot decode it. For readers of many streams, which go on."""
        try:
            return self.event
        except Undecodable:
            return None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the stored journal entry."""
        return entry_lines(self.entry)


def _judged(event: Event, occurred_at: datetime, far_by: str) -> Event:
    """Returns the event with `timing` set to `far`, if that is its timing and it was recorded without one."""
    if event.timing == "plain" and (not far_by or timing_of(occurred_at, decided_at(far_by)) == "far"):
        return event.model_copy(update={"timing": "far"})
    return event
