"""The shapes that go into the log and come out of it: new events, a command's attempt, its receipt, recorded rows.

Tuples, because a bulk append and a catch-up make millions, and a frozen dataclass costs several times as much to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ledger.deadlines import FORESEEABLE, timing_of
from ledger.events import published  # noqa: F401 - whoever reads rows can decode them
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
    """An event ready for the log: everything the writer knows. The log adds position, version and `recorded_at`.

    `actor`, `source`, `policy_versions`, `payload` and `entry` are canonical JSON texts: the bytes that are hashed.
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
    """`key` (a stream or a guard such as `account/M-1`) stood at `version` when the command was decided.

    A key written by an earlier attempt of the same append is expected at the version that attempt leaves it at.
    """

    key: str
    version: int


class Movement(NamedTuple):
    """What a command's entries do to a merchant's payable-now accounts, in fen, credit positive; and by how much
    what open cases and disputes may still take of them has changed.

    It raises the version of the guard by one.
    """

    merchant_id: str
    available: int
    on_hold: int
    in_transit: int
    in_open_cases: int = 0


class Answer(NamedTuple):
    """The outcome of a command that records no event: a refusal with its facts, or nothing to do (`code` empty)."""

    command: str  # the command's name
    actor: str  # canonical JSON
    decided_at: datetime
    code: str
    facts: str  # canonical JSON


class Attempt(NamedTuple):
    """One command's bid for the log. All of it is recorded, or nothing."""

    command_id: str  # scoped: caller/merchant/id
    fingerprint: str
    events: Sequence[NewEvent] = ()
    expects: Sequence[Expectation] = ()
    moves: Sequence[Movement] = ()
    answer: Answer | None = None
    marks_open_day: bool = False  # its one event says which accounting day is the book's first open one


class Status(StrEnum):
    """What became of an attempt."""

    RECORDED = "recorded"  # now: its events, or its answer
    REPEATED = "repeated"  # the same command was answered before: the receipt is that answer's
    REUSED = "reused"  # the id was used before for another body; nothing is recorded
    CONFLICT = "conflict"  # an expectation no longer holds; nothing is recorded
    DAY_CLOSED = "day_closed"  # an accounting day is closed; nothing is recorded, `first_open_day` says what is open
    FAULTY = "faulty"  # the log cannot hold it; nothing is recorded, `error` says why


# Nothing stands under the attempt's id: it may be tried again.
UNANSWERED = frozenset({Status.CONFLICT, Status.DAY_CLOSED, Status.FAULTY})


class Receipt(NamedTuple):
    """The log's answer to an attempt. `first`/`last` are positions in the book, 0 where no event was recorded."""

    status: Status
    book: int
    first: int = 0
    last: int = 0
    code: str = ""
    facts: str = "{}"
    first_open_day: date | None = None
    error: Exception | None = None


class EventSummary(NamedTuple):
    """What happened, without its proof, its money and its origin: what subscribers read fastest. `event` decodes.

    `far_by` says by what an instant of a far day is judged that carries no verdict of its own; None where the day is
    near, as nearly all are.
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
        """Raises `Undecodable`."""
        event = decode(self.type, self.schema_version, self.payload)
        return event if self.far_by is None else _judged(event, self.occurred_at, self.far_by)

    @property
    def readable_event(self) -> Event | None:
        """The event, or None if this code cannot read it: for readers of many streams, who go on with the others."""
        try:
            return self.event
        except Undecodable:
            return None


class Recorded(NamedTuple):
    """One row of the log, as it was written. `event` decodes at each call."""

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
        """Raises `Undecodable`."""
        event, far_by = decode(self.type, self.schema_version, self.payload), self.far_by
        return event if far_by is None else _judged(event, self.occurred_at, far_by)

    @property
    def far_by(self) -> str | None:
        """The id that holds the ledger's clock at the decision, of a fact from a far day; '' where only `recorded_at`
        does: an importer's decisions are made at the instants it brings."""
        if self.occurred_at - self.recorded_at <= FORESEEABLE:
            return None
        return "" if _BY_IMPORTER in self.actor else self.event_id

    @property
    def readable_event(self) -> Event | None:
        """The event, or None if this code cannot read it: for readers of many streams, who go on with the others."""
        try:
            return self.event
        except Undecodable:
            return None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The journal lines of the entry, as stored."""
        return entry_lines(self.entry)


def _judged(event: Event, occurred_at: datetime, far_by: str) -> Event:
    """The event with the verdict it would have been given, where it was recorded before there were verdicts."""
    if event.timing == "plain" and (not far_by or timing_of(occurred_at, decided_at(far_by)) == "far"):
        return event.model_copy(update={"timing": "far"})
    return event
