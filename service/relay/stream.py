"""A stream at the broker that holds a copy of a part of this ledger, and of nothing else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.api import DiscardPolicy, Header, RawStreamMsg, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import APIError, NotFoundError

from ledger.log.identity import Identity
from service.relay.failures import MessageTooLarge, StreamRefused
from service.relay.messages import Message

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


class Stream:
    """A stream. Its metadata name the ledger, its epoch and the part. Of each subject it keeps `of_each_subject`
    messages, the last ones; -1 keeps all. `takes_batches` allows messages in batches."""

    def __init__(
        self,
        client: Client,
        name: str,
        subjects: str,
        *,
        identity: Identity,
        part: Mapping[str, str],
        keeping: Keeping,
        of_each_subject: int = -1,
        takes_batches: bool = False,
    ) -> None:
        self.name = name
        self._client = client
        self._jetstream = client.jetstream(timeout=_ANSWERED_WITHIN_S)
        of_ledger = {"ledger": identity.ledger_id, "epoch": str(identity.epoch), **part}
        self._config = StreamConfig(
            name=name,
            description=", ".join(f"{what} {which}" for what, which in of_ledger.items()),
            subjects=[subjects],
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            max_msgs_per_subject=of_each_subject,
            num_replicas=keeping.replicas,
            max_age=keeping.days * _DAY_S,
            max_bytes=keeping.mib * _MIB or -1,
            duplicate_window=_DUPLICATES_KNOWN_S,
            allow_atomic=takes_batches,
            metadata={f"{_METADATA}{what}": which for what, which in of_ledger.items()},
        )

    async def found_or_made(self) -> StreamInfo:
        """Returns the state of the stream. Makes it if it is not there. Raises `StreamRefused` if it is of another
        ledger, epoch or part."""
        info = await self._info()
        self._expect_ours(info)
        return info

    async def at(self, sequence: int) -> RawStreamMsg | None:
        """Returns the message at a sequence, or None if the stream does not have it any more."""
        try:
            return await self._jetstream.get_msg(self.name, sequence)
        except NotFoundError:
            return None

    async def publish(self, message: Message, *, reply: str) -> None:
        """Sends a message. The stream takes it at its sequence or not at all, or its batch, and answers to `reply`."""
        headers = {
            Header.EXPECTED_STREAM.value: self.name,
            Header.MSG_ID.value: message.id,
            "Content-Type": CONTENT_TYPE,
            **message.places,
            **message.headers,
        }
        body = message.body.encode()
        if len(body) > self._client.max_payload:
            raise MessageTooLarge(message.subject, len(body), self._client.max_payload)
        answered_to = reply if message.is_answered else ""
        await self._client.publish(message.subject, body, reply=answered_to, headers=headers)

    @property
    def refilled(self) -> str:
        """The sentence that says how a person has the stream filled again."""
        return f"To have it filled again from the ledger: nats stream rm {self.name}"

    async def _info(self) -> StreamInfo:
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

    def _expect_ours(self, info: StreamInfo) -> None:
        found = info.config.metadata or {}
        for name, expected in (self._config.metadata or {}).items():
            if (value := found.get(name)) != expected:
                key = name.removeprefix(_METADATA)
                raise StreamRefused(
                    f"Stream {self.name} is of {key} {value or 'unknown'}, but this is {key} {expected}. "
                    + (_OF_BEFORE_A_RESTORE if key == "epoch" else _OF_ANOTHER_LEDGER).format(name=self.name)
                )
        if self._config.allow_atomic and not info.config.allow_atomic:
            raise StreamRefused(
                f"Stream {self.name} takes no batches. They need NATS 2.12 or newer. Then remove the stream: nats"
                f" stream rm {self.name}"
            )


_METADATA = "redledger."
_OF_ANOTHER_LEDGER = "Give each ledger a prefix of its own with --prefix, or remove the stream: nats stream rm {name}"
_OF_BEFORE_A_RESTORE = (
    "The ledger was restored, and its positions mean other events now. Remove the stream, and the relay fills it again:"
    " nats stream rm {name}. Its subscribers must begin again too."
)
