"""A reader's connection to the event feed: Server-Sent Events without end, from the tail of the log and from the log
itself while the reader is behind; or NDJSON up to the end of the log.

Nothing is buffered for a reader. One that takes nothing for `Deadlines.answer_s` is disconnected, and continues with
the last id that it received.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from math import inf
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from service.access.gate import REVOKED_WITHIN_S, TokenRefused
from service.feeds.event_feed import EventFilter, Page, Positions
from service.feeds.tail import Tail
from service.http.lanes import Lane

SSE, NDJSON = "text/event-stream", "application/x-ndjson"
HEARTBEAT_S = 15.0  # proxies close a connection that is silent for longer; 30 s is usual
_TOGETHER = 500  # events of one write
_OF_LINES = 2_000
_RETRY_MS = 2_000


class EventStream:
    """One reader of the event feed: its filter and its place. `token` writes a place, `admitted` raises `TokenRefused`
    if the reader's access has ended, and `reads` is the lane of reads of the log."""

    def __init__(
        self,
        tail: Tail,
        wanted: EventFilter,
        after: Positions,
        *,
        token: Callable[[Positions], str],
        admitted: Callable[[], object],
        reads: Lane,
    ) -> None:
        self._tail, self._wanted, self._after = tail, wanted, after
        self._token, self._admitted, self._reads = token, admitted, reads

    async def blocks(self, who: str) -> AsyncIterator[bytes]:
        """Yields the stream in writes of one event or many. Ends when the service or the reader's access ends."""
        with self._tail.followed():
            yield f"retry: {_RETRY_MS}\n{self._id()}\n".encode()
            access = _Access(self._tail, self._admitted)
            while not self._tail.is_over and await access.lasts():
                news = self._tail.news
                page = await self._next(who)
                if page.frames:
                    yield self._written(page)
                elif page.is_last and not await _rings(news, min(HEARTBEAT_S, access.asked_in_s)):
                    yield f": nothing new\n{self._id()}\n".encode()
                    access.ask()

    async def lines(self, who: str) -> AsyncIterator[bytes]:
        """Yields the events up to the present end of the log, a line each. A line with the position follows each batch:
        `{"position": "…"}`."""
        heads, is_last = await run_in_threadpool(self._tail.feed.heads), False
        while not is_last:
            page = await self._read(who, heads, _OF_LINES)
            await run_in_threadpool(self._admitted)
            lines = (*(frame.text for frame in page.frames), json.dumps({"position": self._token(page.positions)}))
            yield "".join(f"{line}\n" for line in lines).encode()
            is_last = page.is_last

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
        return f"id: {self._token(self._after)}\n"


class _Access:
    """Asks again if a reader still may read: when something may have ended it, and with each heartbeat."""

    def __init__(self, tail: Tail, admitted: Callable[[], object]) -> None:
        self._tail, self._admitted = tail, admitted
        self._ends, self._ask_at = tail.access_ends, inf

    @property
    def asked_in_s(self) -> float:
        return max(0.0, self._ask_at - monotonic())

    def ask(self) -> None:
        self._ask_at = monotonic()

    async def lasts(self) -> bool:
        if self._ends != self._tail.access_ends:  # the gate itself remembers a token for a moment
            self._ends = self._tail.access_ends
            self._ask_at = min(self._ask_at, monotonic() + REVOKED_WITHIN_S)
        if self._ask_at > monotonic():
            return True
        self._ask_at = inf
        try:
            await run_in_threadpool(self._admitted)
        except TokenRefused:
            return False
        return True


async def _rings(news: asyncio.Event, within_s: float) -> bool:
    """Returns True at the news, and False if there is none in time."""
    try:
        async with asyncio.timeout(within_s):
            await news.wait()
    except TimeoutError:
        return False
    return True


_UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # by proxies: nginx reads the second


class StreamResponse(StreamingResponse):
    """A stream as the answer. It holds its place in the lane until the reader is gone."""

    def __init__(self, stream: EventStream, media: str, lane: Lane, who: str) -> None:
        content = stream.blocks(who) if media == SSE else stream.lines(who)
        super().__init__(content, media_type=media, headers=_UNBUFFERED)
        self._lane, self._who = lane, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._lane.entered(self._who):
            await super().__call__(scope, receive, send)
