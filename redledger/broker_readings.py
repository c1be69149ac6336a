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

    def begin(self, streams: Mapping[int, StreamInfo]) -> None:
        """Compares the place with the streams. Raises `Refused`."""

    async def after(self, jetstream: JetStreamContext, book: int) -> int:
        """Returns the sequence after which the book is read."""

    def subjects(self, book: int) -> list[str]:
        """Returns the subjects that the reader wants of a book."""

    def taken(self, message: Taken) -> Item | None:
        """Returns the event or row of a message, unless it was handed over before."""


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
            split = (pair.split(":") for pair in pairs.split(",") if pair)
            self.positions = {int(book): int(position) for book, position in split}

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

    async def after(self, jetstream: JetStreamContext, book: int) -> int:  # noqa: ARG002 - as for rows
        return self.positions.get(book, 0)

    def subjects(self, book: int) -> list[str]:
        return [f"{self.prefix}.events.{book}.{self.merchant}.{type}" for type in self.types]

    def taken(self, message: Taken) -> Event | None:
        if message.sequence <= self.positions.get(message.book, 0):
            return None
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
        split = (part.split(":") for part in (self.place or "").split(",") if part)
        self.copies = {int(book): (copy, int(sequence)) for book, copy, sequence in split}

    def begin(self, streams: Mapping[int, StreamInfo]) -> None:
        """Compares nothing: each message names its copy."""

    async def after(self, jetstream: JetStreamContext, book: int) -> int:
        if book in self.copies:
            return self.copies[book][1]
        begun = await jetstream.get_last_msg(f"{self.stream}{book}", self._begun(book))
        return (begun.seq or 1) - 1

    def subjects(self, book: int) -> list[str]:
        own = f"{self.prefix}.views.{book}.{self.merchant}.{self.view}"
        return [f"{own}.{self.table}.>", self._begun(book)]

    def taken(self, message: Taken) -> Row | None:
        copy = message.headers["RedLedger-Copy"]
        known, sequence = self.copies.get(message.book, (copy, 0))
        if copy != known:
            words = f"The view {self.view} has begun again in book {message.book}: its rows are others."
            raise ViewChanged(410, "VIEW_CHANGED", f"{words} Drop your copy, and begin without `after`.")
        if message.sequence <= sequence:
            return None
        self.copies[message.book] = copy, message.sequence
        if message.found["type"].endswith(".copy_begun"):
            return None
        place = ",".join(f"{book}:{copy}:{sequence}" for book, (copy, sequence) in self.copies.items())
        return row_of(message.found, place)

    def _begun(self, book: int) -> str:
        return f"{self.prefix}.views.{book}.-.{self.view}.copy_begun"


def merchant_token(merchant: str | None) -> str:
    """Returns the merchant as one token of a subject, as the relay writes it."""
    return "*" if merchant is None else quote(merchant, safe="@:+").replace(".", "%2E")
