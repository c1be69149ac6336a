"""A reader's connection to a feed: Server-Sent Events without end, from the tail of the log and from the log
itself while the reader is behind; or NDJSON up to the end of the log.

Nothing is buffered for a reader. One that takes nothing for `Deadlines.answer_s` is disconnected, and continues with
the last id that it received.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from service.access.gate import TokenRefused
from service.feeds.feed import End, Filter, Page, Positions
from service.feeds.tail import Tail
from service.http.lanes import Lane
from service.questions.export import MEDIA

SSE, NDJSON = "text/event-stream", MEDIA["ndjson"]
CHECK_S = 3.0  # from one check of a reader's token to the next
HEARTBEAT_S = 15.0  # proxies close a connection that is silent for longer; 30 s is usual
_TOGETHER = 500  # events of one write
_OF_LINES = 2_000
_RETRY_MS = 2_000


class EventStream:
    """One reader of a feed: its filter and its place. `admitted` raises `TokenRefused` if the reader's access has
    ended, and `reads` is the lane of reads of the database."""

    def __init__(self, tail: Tail, wanted: Filter, place: End, *, admitted: Callable[[], object], reads: Lane) -> None:
        self._tail, self._wanted, (self._after, self._key) = tail, wanted, place
        self._admitted, self._reads = admitted, reads

    async def blocks(self, who: str) -> AsyncIterator[bytes]:
        """Yields the stream in writes of one frame or many. Ends when the service or the reader's access ends, and when
        the frames are made of something else: the reader connects again, and learns why."""
        said_at = checked_at = monotonic()
        with self._tail.followed():
            yield f"retry: {_RETRY_MS}\n{self._id()}\n".encode()
            while not self._tail.is_over:
                grown = self._tail.grown
                page = await self._next(who)
                if page.key != self._key and self._tail.heads:
                    return
                if page.frames:
                    yield self._written(page)
                    said_at = monotonic()
                elif page.is_last:
                    await _heard(grown, CHECK_S)
                if monotonic() - said_at >= HEARTBEAT_S:
                    yield f": nothing new\n{self._id()}\n".encode()
                    said_at = monotonic()
                if monotonic() - checked_at >= CHECK_S:
                    if not await self._may_go_on():
                        return
                    checked_at = monotonic()

    async def lines(self, who: str) -> AsyncIterator[bytes]:
        """Yields the frames up to the present end of the feed, a line each. After each batch, a line has the position:
        `{"position": "…"}`. A transfer that does not end as it should is broken off."""
        end, is_last = await run_in_threadpool(self._tail.feed.end), False
        while not is_last:
            page = await self._read(who, end.heads, _OF_LINES)
            if page.key != self._key or not await self._may_go_on():
                raise ConnectionAbortedError
            lines = (*(frame.text for frame in page.frames), json.dumps({"position": self._token()}))
            yield "".join(f"{line}\n" for line in lines).encode()
            is_last = page.is_last

    async def _may_go_on(self) -> bool:
        try:
            await run_in_threadpool(self._admitted)
        except TokenRefused:
            return False
        return True

    def _token(self) -> str:
        return self._tail.feed.token(self._after, self._key)

    async def _next(self, who: str) -> Page:
        page = self._tail.page(self._after, self._wanted, limit=_TOGETHER)
        if page is None:
            return await self._read(who, self._tail.heads, _TOGETHER)
        self._after = page.positions
        return page

    async def _read(self, who: str, upto: Positions, limit: int) -> Page:
        """Reads the log, in a thread, with a place in the lane."""
        async with self._reads.entered(who):
            page = await run_in_threadpool(self._tail.feed.page, self._after, self._wanted, limit=limit, upto=upto)
        self._after = page.positions
        return page

    def _written(self, page: Page) -> bytes:
        *others, last = (f"event: {frame.type}\ndata: {frame.text}\n\n" for frame in page.frames)
        return "".join((*others, self._id(), last)).encode()

    def _id(self) -> str:
        """The reader's place after this write. Only the last event of a write has an id: whoever loses a part of the
        write gets all of it again, and drops by `id` what it has."""
        return f"id: {self._token()}\n"


async def _heard(grown: asyncio.Event, within_s: float) -> None:
    """Waits until a book has grown, or for as long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await grown.wait()


_UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # by proxies: nginx reads the second


class StreamResponse(StreamingResponse):
    """A stream as the answer. It holds its place in the lane until the reader is gone."""

    def __init__(self, content: AsyncIterator[bytes], media: str, lane: Lane, who: str) -> None:
        super().__init__(content, media_type=media, headers=_UNBUFFERED)
        self._lane, self._who = lane, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._lane.entered(self._who):
            await super().__call__(scope, receive, send)
