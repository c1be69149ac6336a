"""The relay of one copy: from the last message of its stream to the head of the book, and on with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from nats.aio.client import Client
from nats.errors import Error

from ledger.log.observer import UNOBSERVED, Observer
from service.relay.connection import BrokerLost
from service.relay.failures import Overtaken
from service.relay.flight import Flight
from service.relay.messages import Message
from service.relay.status import Status
from service.relay.stream import Stream

LOOK_ANYWAY_S = 10.0  # an idle relay looks at its stream, which may have been lost
_SHORTEST_PAUSE_S, _LONGEST_OVERTAKEN_S, _LONGEST_PAUSE_S = 0.05, 1.0, 5.0


class Copy(Protocol):
    """The copy of a book, or of the rows of a view in a book, in a stream of its own."""

    @property
    def stream(self) -> Stream:
        """The stream that holds it."""

    @property
    def part(self) -> str:
        """Its name in the relay's log."""

    @property
    def position(self) -> int:
        """The position of the book up to which it is filled, once all messages are stored; -1 if it has not begun."""

    async def resume(self) -> int:
        """Looks how far the stream is filled, and returns its last sequence. Raises `StreamRefused`."""

    async def following(self) -> Sequence[Message]:
        """Returns the next messages, and moves `position`. Call it while the book is ahead of the position."""


class CopyRelay:
    """Keeps a copy equal to what it is of. It has no state: the stream knows how far it is filled."""

    def __init__(
        self, client: Client, copy: Copy, status: Status, *, head: int, observer: Observer = UNOBSERVED
    ) -> None:
        self._client, self._copy, self._status, self._observer = client, copy, status, observer
        self._head, self._has_grown = head, asyncio.Event()
        self._pause_s = _SHORTEST_PAUSE_S
        self.published = 0

    def grow(self, head: int) -> None:
        """Notes a new head of the book."""
        if head > self._head:
            self._head = head
            self._has_grown.set()

    async def run(self, upto: int | None) -> None:
        """Relays until the copy is filled up to the position `upto`, or for ever if it is None.

        Raises `StreamRefused`, `BrokerLost` once the connection is closed, and `BrokerUnavailable` when patience is at
        an end.
        """
        while True:
            try:
                last = await self._copy.resume()
                if self._copy.position >= self._head:
                    self._status.progressed(self._copy.part)
                if upto is not None and self._copy.position >= upto:
                    return
                await self._fill(last, upto)
                if upto is not None:
                    return
            except Overtaken:  # leave the copy to the rival for a moment, then look how far it came
                await self._pause(_LONGEST_OVERTAKEN_S)
            except (Error, TimeoutError) as trouble:
                # The client's signal fails to come when it closes with bytes that it cannot send, and its `wait_for`
                # may lose the cancellation of this task.
                if self._client.is_closed:
                    raise BrokerLost from trouble
                self._status.held_up(self._copy.part, f"stream {self._copy.stream.name}: {_words(trouble)}")
                await self._pause(_LONGEST_PAUSE_S)

    async def _fill(self, last: int, upto: int | None) -> None:
        """Publishes what comes after the sequence `last`. Returns at `upto`, or when the book was idle for a while."""
        copy = self._copy
        async with Flight.after(last, self._client, copy.stream, observer=self._observer) as flight:
            try:
                while upto is None or copy.position < upto:
                    if copy.position >= self._head:
                        await self._land(flight)
                        if not await self._has_grown_beyond(copy.position):
                            return
                    for message in await copy.following():
                        await flight.send(message)
                    if flight.landed:
                        self._status.progressed(copy.part)
                await self._land(flight)
            finally:
                self.published += flight.landed

    async def _land(self, flight: Flight) -> None:
        await flight.land()
        self._status.progressed(self._copy.part)
        self._pause_s = _SHORTEST_PAUSE_S

    async def _has_grown_beyond(self, position: int) -> bool:
        """Waits until the book has grown beyond a position. Returns False if it has not for a while."""
        try:
            async with asyncio.timeout(LOOK_ANYWAY_S):
                while position >= self._head:
                    self._has_grown.clear()
                    await self._has_grown.wait()
        except TimeoutError:
            return False
        return True

    async def _pause(self, longest_s: float) -> None:
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, longest_s)


def _words(trouble: BaseException) -> str:
    return str(trouble).removeprefix("nats: ") or "no answer in time"
