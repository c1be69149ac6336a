"""The relay of one book: from the last position of its stream to the head of the book, and on with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from nats.aio.client import Client
from nats.errors import Error

from ledger.log.observer import UNOBSERVED, Observer
from ledger.log.rows import Recorded
from service.relay.book_stream import BookStream
from service.relay.failures import Overtaken
from service.relay.flight import Flight
from service.relay.status import Status

Read = Callable[[int, int], Awaitable[Sequence[Recorded]]]  # book, after → the next events, at least one

LOOK_ANYWAY_S = 10.0  # an idle relay looks at its stream, which may have been lost
_SHORTEST_PAUSE_S, _LONGEST_OVERTAKEN_S, _LONGEST_PAUSE_S = 0.05, 1.0, 5.0


class BookRelay:
    """Keeps the stream of one book equal to the book. It has no state: the stream knows its last position."""

    def __init__(
        self,
        client: Client,
        stream: BookStream,
        read: Read,
        status: Status,
        *,
        head: int,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._client, self._stream, self._read, self._status = client, stream, read, status
        self._observer = observer
        self._part = f"book {stream.book}"
        self._head, self._has_grown = head, asyncio.Event()
        self._pause_s = _SHORTEST_PAUSE_S
        self.published = 0

    def grow(self, head: int) -> None:
        """Notes a new head of the book."""
        if head > self._head:
            self._head = head
            self._has_grown.set()

    async def run(self, upto: int | None) -> None:
        """Relays until the event at `upto` is in the stream, or for ever if it is None.

        Raises `StreamRefused`, and `BrokerUnavailable` when patience is at an end.
        """
        while True:
            try:
                last = await self._stream.last_position()
                if last >= self._head:
                    self._status.progressed(self._part)
                if upto is not None and last >= upto:
                    return
                await self._fill(last, upto)
            except Overtaken:  # leave the book to the rival for a moment, then look how far it came
                await self._pause(_LONGEST_OVERTAKEN_S)
            except (Error, TimeoutError) as trouble:
                self._status.held_up(self._part, f"stream {self._stream.name}: {_words(trouble)}")
                await self._pause(_LONGEST_PAUSE_S)

    async def _fill(self, last: int, upto: int | None) -> None:
        """Publishes the events after `last`. Returns at `upto`, or when the book was idle for a while."""
        async with Flight.after(last, self._client, self._stream, observer=self._observer) as flight:
            try:
                while upto is None or last < upto:
                    if last >= self._head:
                        await self._land(flight)
                        if not await self._has_grown_beyond(last):
                            return
                    for row in await self._read(self._stream.book, last):
                        await flight.send(row)
                        last = row.position
                    if flight.landed:
                        self._status.progressed(self._part)
                await self._land(flight)
            finally:
                self.published += flight.landed

    async def _land(self, flight: Flight) -> None:
        await flight.land()
        self._status.progressed(self._part)
        self._pause_s = _SHORTEST_PAUSE_S

    async def _has_grown_beyond(self, last: int) -> bool:
        """Waits until the book has events after `last`. Returns False if it has none for a while."""
        try:
            async with asyncio.timeout(LOOK_ANYWAY_S):
                while last >= self._head:
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
