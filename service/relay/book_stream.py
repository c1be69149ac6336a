"""The stream of one book at the broker. Its sequence is the book's position."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.api import DiscardPolicy, Header, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import APIError, NotFoundError

from ledger.log.identity import Identity
from ledger.log.rows import Recorded
from service.feeds.cloud_events import cloud_event
from service.relay.failures import EventTooLarge, StreamRefused
from service.relay.names import Names

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"  # CloudEvents in structured mode
_ANSWERED_WITHIN_S = 2.0  # a request that came before there was a leader is never answered
# The expected sequence already keeps out every second copy. The broker holds the ids of this time in memory, and
# answers to a repeated id before it looks at its store, so the time is short.
_DUPLICATES_KNOWN_S = 10.0
_DAY_S, _MIB = 86_400, 2**20
# Error codes of the server's API.
_NAME_IN_USE = 10058
_NEVER_MADE = frozenset({10065, 10074})  # subjects of another stream; replicas without a cluster

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Copies, age and size of a stream that is made. Zero days or MiB mean no limit."""

    replicas: int = 1
    days: int = 0
    mib: int = 0


class BookStream:
    """The stream of one book. Its metadata name the ledger, its epoch and the book."""

    def __init__(
        self,
        client: Client,
        book: int,
        *,
        identity: Identity,
        names: Names,
        keeping: Keeping,
        event_id_at: Callable[[int, int], str | None],
    ) -> None:
        self.book, self.name = book, names.stream(book)
        self._client, self._names, self._identity = client, names, identity
        self._jetstream = client.jetstream(timeout=_ANSWERED_WITHIN_S)
        self._event_id_at = event_id_at
        self._config = _config(names, book, identity, keeping)
        self._lacking = 0

    async def last_position(self) -> int:
        """Returns the position of the last event in the stream. Makes the stream if it is not there.

        Raises `StreamRefused` if it is not the stream of this book in this epoch, event for event.
        """
        info = await self._found_or_made()
        self._expect_ours(info)
        self._warn_of_holes(info.state.num_deleted or 0)
        if info.state.last_seq:
            await self._expect_same_event(info.state.last_seq)
        return info.state.last_seq

    async def publish(self, row: Recorded, *, reply: str) -> None:
        """Sends an event. The stream takes it only at the sequence that is its position, and answers to `reply`."""
        headers = {
            Header.EXPECTED_STREAM.value: self.name,
            Header.EXPECTED_LAST_SEQUENCE.value: str(row.position - 1),
            Header.MSG_ID.value: row.event_id,
            "Content-Type": CONTENT_TYPE,
        }
        body = cloud_event(self._identity.ledger_id, row).encode()
        if len(body) > self._client.max_payload:
            raise EventTooLarge(row, len(body), self._client.max_payload)
        await self._client.publish(self._names.subject(row), body, reply=reply, headers=headers)

    async def _found_or_made(self) -> StreamInfo:
        try:
            return await self._jetstream.stream_info(self.name)
        except NotFoundError:
            pass
        try:
            made = await self._jetstream.add_stream(self._config)
        except APIError as error:
            if error.err_code in _NEVER_MADE:
                raise StreamRefused(f"The broker does not make stream {self.name}: {error.description}.") from error
            if error.err_code == _NAME_IN_USE:  # a rival relay has just made it, with other limits
                return await self._jetstream.stream_info(self.name)
            raise
        _logger.info("Stream %s was made.", self.name)
        return made

    def _warn_of_holes(self, lacking: int) -> None:
        if lacking > self._lacking:
            words = "Stream %s lacks %d events in its middle, which were deleted or lost there. %s"
            _logger.warning(words, self.name, lacking, self._refilled)
        self._lacking = lacking

    def _expect_ours(self, info: StreamInfo) -> None:
        found = info.config.metadata or {}
        for name, expected in (self._config.metadata or {}).items():
            if (value := found.get(name)) != expected:
                key = name.removeprefix(_METADATA)
                raise StreamRefused(
                    f"Stream {self.name} is of {key} {value or 'unknown'}, but this is {key} {expected}. "
                    + (_OF_BEFORE_A_RESTORE if key == "epoch" else _OF_ANOTHER_LEDGER).format(name=self.name)
                )

    async def _expect_same_event(self, position: int) -> None:
        """Raises `StreamRefused` unless the ledger has the stream's last event at its sequence."""
        ours = await asyncio.to_thread(self._event_id_at, self.book, position)
        if ours is None:
            raise StreamRefused(
                f"Stream {self.name} has {position} events, and book {self.book} has fewer. Either another program"
                f" published into it, or the ledger was restored: raise its epoch. {self._refilled}"
            )
        try:
            message = await self._jetstream.get_msg(self.name, position)
        except NotFoundError:  # it is older than the broker keeps
            return
        found = (message.headers or {}).get(Header.MSG_ID.value)
        if found != ours:
            raise StreamRefused(
                f"Stream {self.name} has {found or 'a message without an id'} at sequence {position}, where book"
                f" {self.book} has event {ours}. Another program published into it, or the ledger was restored without"
                f" a new epoch. {self._refilled}"
            )

    @property
    def _refilled(self) -> str:
        return f"To have it filled again from the ledger: nats stream rm {self.name}"


_METADATA = "redledger."
_OF_ANOTHER_LEDGER = "Give each ledger a prefix of its own with --prefix, or remove the stream: nats stream rm {name}"
_OF_BEFORE_A_RESTORE = (
    "The ledger was restored, and its positions mean other events now. Remove the stream, and the relay fills it again:"
    " nats stream rm {name}. Its subscribers must begin again too."
)


def _config(names: Names, book: int, identity: Identity, keeping: Keeping) -> StreamConfig:
    return StreamConfig(
        name=names.stream(book),
        description=f"Book {book} of ledger {identity.ledger_id}, epoch {identity.epoch}. A sequence is a position.",
        subjects=[names.subjects(book)],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        num_replicas=keeping.replicas,
        max_age=keeping.days * _DAY_S,
        max_bytes=keeping.mib * _MIB or -1,
        duplicate_window=_DUPLICATES_KNOWN_S,
        metadata={
            f"{_METADATA}ledger": identity.ledger_id,
            f"{_METADATA}epoch": str(identity.epoch),
            f"{_METADATA}book": str(book),
        },
    )
