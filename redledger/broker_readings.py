"""Readings of the broker: what one reader wants and has read so far, without a connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from nats.js import JetStreamContext
from nats.js.api import StreamInfo

from redledger.items import Event, Refused, Row, ViewChanged, event_of, row_of

NOW = "now"

Item = TypeVar("Item", Event, Row, covariant=True)


class Taken(NamedTuple):
    """A message as it came: its book, its sequence, its headers, and the CloudEvent."""

    book: int
    sequence: int
    headers: Mapping[str, str]
    found: Mapping[str, Any]


class Reading(Protocol[Item]):
    """What one reader has read so far, without a connection."""

    stream: str  # with the book after it

    @property
    def needs_all(self) -> bool:
        """True if no book can be read before the streams of all are found."""

    def begin(self, streams: Mapping[int, StreamInfo]) -> None:
        """Compares the place with the streams. Raises `Refused`."""

    async def after(self, jetstream: JetStreamContext, book: int) -> int:
        """Returns the sequence after which the book is read. Raises `Refused`."""

    def subjects(self, book: int) -> list[str]:
        """Returns the subjects that the reader wants of a book."""

    def taken(self, message: Taken) -> Item | None:
        """Returns the event or row of a message, unless it was handed over before. Raises `Refused`."""


@dataclass
class Events:
    """A reading of events. A place is the ledger with its epoch, and the position in each book."""

    prefix: str
    types: Sequence[str]
    merchant: str
    place: str | None
    ledger: str = ""
    positions: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stream = f"{self.prefix}-events-"
        if self.place and self.place != NOW:
            self.ledger, _, pairs = self.place.partition(" ")
            self.positions = {int(book): int(position) for book, position in _split(pairs, 2)}
        # then the positions of a book follow each other, and a gap is a loss
        self.wants_all = list(self.types) == [">"] and self.merchant == "*"

    @property
    def needs_all(self) -> bool:
        return self.place == NOW  # the events of a stream that is found later would all be new

    def begin(self, streams: Mapping[int, StreamInfo]) -> None:
        for info in streams.values():
            about = info.config.metadata or {}
            ledger = f"{about.get('redledger.ledger')}/{about.get('redledger.epoch')}"
            self.ledger = self.ledger or ledger
            if ledger != self.ledger:
                words = f"The place is of ledger {self.ledger}, and the stream {info.config.name} is of {ledger}."
                raise Refused(422, "POSITION_UNUSABLE", f"{words} Begin a new copy, without `after`.")
        if self.place == NOW:
            self.positions = {book: info.state.last_seq for book, info in streams.items()}
            self.place = None
        if self.place is None:  # then a book begins with its oldest event that the broker has
            for book, info in streams.items():
                self.positions.setdefault(book, max(0, info.state.first_seq - 1))

    async def after(self, jetstream: JetStreamContext, book: int) -> int:  # noqa: ARG002 - as for rows
        return self.positions.get(book, 0)

    def subjects(self, book: int) -> list[str]:
        return [f"{self.prefix}.events.{book}.{self.merchant}.{type}" for type in self.types]

    def taken(self, message: Taken) -> Event | None:
        last = self.positions.get(message.book, 0)
        if message.sequence <= last:
            return None
        if self.wants_all and message.sequence > last + 1:
            words = f"Stream {self.stream}{message.book} lacks positions {last + 1} to {message.sequence - 1}."
            raise Refused(410, "EVENTS_MISSING", f"{words} Read them from the ledger, or have the stream filled again.")
        self.positions[message.book] = message.sequence
        pairs = ",".join(f"{book}:{position}" for book, position in self.positions.items())
        return event_of(message.found, f"{self.ledger} {pairs}")


@dataclass
class Rows:
    """A reading of rows. A place is, for each book, the copy that the rows are of, and the sequence in its stream."""

    prefix: str
    view: str
    table: str
    merchant: str
    place: str | None
    copies: dict[int, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stream = f"{self.prefix}-views-{self.view}-"
        parts = _split(self.place or "", 3)
        self.copies = {int(book): (copy, int(sequence)) for book, copy, sequence in parts}

    @property
    def needs_all(self) -> bool:
        return False

    def begin(self, streams: Mapping[int, StreamInfo]) -> None:
        """Compares nothing: each message names its copy."""

    async def after(self, jetstream: JetStreamContext, book: int) -> int:
        begun = await jetstream.get_last_msg(f"{self.stream}{book}", self._begun(book))
        if book not in self.copies:
            return (begun.seq or 1) - 1
        self._expect_same_copy(book, begun.headers or {})
        return self.copies[book][1]

    def subjects(self, book: int) -> list[str]:
        own = f"{self.prefix}.views.{book}.{self.merchant}.{self.view}"
        return [f"{own}.{self.table}.>", self._begun(book)]

    def taken(self, message: Taken) -> Row | None:
        copy = self._expect_same_copy(message.book, message.headers)
        if message.book in self.copies and message.sequence <= self.copies[message.book][1]:
            return None
        self.copies[message.book] = copy, message.sequence
        if message.found["type"].endswith(".copy_begun"):
            return None
        place = ",".join(f"{book}:{copy}:{sequence}" for book, (copy, sequence) in self.copies.items())
        return row_of(message.found, place)

    def _expect_same_copy(self, book: int, headers: Mapping[str, str]) -> str:
        """Returns the copy that a message is of. Raises `ViewChanged` if the rows before it were of another one."""
        copy = headers["RedLedger-Copy"]
        if book in self.copies and self.copies[book][0] != copy:
            words = f"The view {self.view} has begun again in book {book}: its rows are others."
            raise ViewChanged(410, "VIEW_CHANGED", f"{words} Drop your copy, and begin without `after`.")
        return copy

    def _begun(self, book: int) -> str:
        return f"{self.prefix}.views.{book}.-.{self.view}.copy_begun"


def merchant_token(merchant: str | None) -> str:
    """Returns the merchant as one token of a subject, as the relay writes it."""
    return "*" if merchant is None else quote(merchant, safe="@:+").replace(".", "%2E")


def _split(text: str, numbers: int) -> list[list[str]]:
    """Returns the parts of a place, each of so many fields. Raises `Refused` if it is no place."""
    found = [part.split(":") for part in text.split(",") if part]
    if any(len(fields) != numbers or not (fields[0].isdecimal() and fields[-1].isdecimal()) for fields in found):
        raise Refused(422, "POSITION_UNUSABLE", "This is no place of a reader. Begin a new copy, without `after`.")
    return found
