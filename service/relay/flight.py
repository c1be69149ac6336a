"""Messages on their way to a stream: many are sent before the first is acknowledged.

The client's own `publish_async` is not used: it loses the broker's refusals, so that each would be a time-out (nats-py
2.16, `APIError.from_error` raises where the future expects a value).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Self

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import Header, StatusCode
from nats.js.errors import APIError, NoStreamResponseError

from ledger.log.observer import UNOBSERVED, Observer
from service.relay.failures import Overtaken
from service.relay.messages import Message
from service.relay.stream import Stream

MOST_ON_THE_WAY = 256  # messages of a stream
ANSWERED_WITHIN_S = 5.0
# codes: another last sequence; the same id is being stored, or was
_ELSEWHERE = frozenset({10071, 10164, 10158, 10201})


class Flight:
    """The messages after the sequence `last`, sent in order; the stream acknowledges them in order."""

    def __init__(self, client: Client, stream: Stream, last: int, observer: Observer) -> None:
        self._client, self._stream, self._observer = client, stream, observer
        self._on_the_way = deque[tuple[Message, float]]()  # with the time when it was sent
        self._reply = client.new_inbox()
        self._first, self._sent, self._landed = last, last, last  # sequences
        self._failure: Exception | None = None
        self._is_answered = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def after(
        cls, last: int, client: Client, stream: Stream, *, observer: Observer = UNOBSERVED
    ) -> AsyncIterator[Self]:
        """Yields a flight. What is still on its way at the end lands at its sequence, or the stream refuses it."""
        flight = cls(client, stream, last, observer)
        answers = await client.subscribe(f"{flight._reply}.*", cb=flight._take)
        try:
            yield flight
        finally:
            if client.is_connected:
                await answers.unsubscribe()

    @property
    def landed(self) -> int:
        """The number of acknowledged messages."""
        return self._landed - self._first

    async def send(self, message: Message) -> None:
        """Sends the next message, once there are not too many on their way. Raises what `land` raises.

        A batch waits for all before it: a rival's batch may take the place of one of them, and this one must not follow
        that."""
        if message.batch and message.batch.number == 1:
            await self.land()
        while self._failure or self._sent - self._landed >= MOST_ON_THE_WAY:
            await self._answer()
        if message.is_answered:
            self._on_the_way.append((message, monotonic()))
        await self._stream.publish(message, reply=f"{self._reply}.{message.sequence}")
        self._sent = message.sequence

    async def land(self) -> None:
        """Waits until every message is acknowledged. Raises `Overtaken`, or an error of the client or the broker."""
        while self._failure or self._landed < self._sent:
            await self._answer()

    async def _answer(self) -> None:
        self._is_answered.clear()
        if self._failure is None:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                await self._is_answered.wait()
        if self._failure is not None:
            raise self._failure

    async def _take(self, answer: Msg) -> None:
        sequence = int(answer.subject.rpartition(".")[2])
        try:
            message, sent = self._on_the_way[0]
            if sequence != message.sequence or _sequence(answer) != sequence:
                raise Overtaken
            self._landed = sequence
            self._on_the_way.popleft()
            if message.event is not None:
                self._observer.delivered("broker", [message.event], seconds=monotonic() - sent)
        except (Overtaken, Error) as failure:
            self._failure = self._failure or failure
        self._is_answered.set()


def _sequence(message: Msg) -> int:
    """Returns the sequence at which the message was stored just now. Raises what the broker says instead."""
    if message.headers and message.headers.get(Header.STATUS) == StatusCode.SERVICE_UNAVAILABLE:
        raise NoStreamResponseError
    answer = json.loads(message.data)
    if error := answer.get("error"):
        if error.get("err_code") in _ELSEWHERE:
            raise Overtaken
        APIError.from_error(error)
    if answer.get("duplicate"):
        raise Overtaken
    return int(answer["seq"])
