"""A client of the broker: what `redledger relay` published to NATS JetStream, as `redledger.client` hands it over.

    for event in Broker("nats://127.0.0.1:4222").events(after=place, types="settlement.*"):
        with database.begin() as transaction:
            book(transaction, event)
            save(transaction, event.place)

The place of an event stands for all that came before it in its book, and for the places in the other books. The client
keeps nothing at the broker: it reads with consumers that the broker forgets, and goes on at the place after any break.
`AsyncBroker` does the same with `async for`.

Needs the package `nats-py`: `pip install 'redledger[nats]'`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Generator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from random import random
from typing import Any, Generic

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamInfo
from nats.js.errors import APIError, NotFoundError

from redledger.broker_readings import Events, Item, Reading, Rows, Taken, merchant_token
from redledger.items import Event, Row

_BATCH = 500  # messages of a book that are asked for at a time
_EXPIRES_S, _HEARTBEAT_S, _SILENCE_S = 30, 5, 15.0
_FORGOTTEN_AFTER_S = 60.0
_LOOK_AGAIN_S = 30.0  # for streams of new books
_LOOK_FOR_MISSING_S = 1.0
_LISTED_WITHIN_S = 10.0  # a list waits four seconds for streams that have no leader
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 10.0
_NANOSECONDS = 10**9


class Broken(Error):
    """The broker lost a consumer or messages on the way: the next connection goes on at the place."""


class _Reader(Generic[Item]):
    """A reader over one connection: a consumer for each book, and one queue, so that all books wait for the reader."""

    def __init__(self, client: Client, reading: Reading[Item], books: Sequence[int], name: str | None) -> None:
        self._client, self._jetstream = client, client.jetstream()
        self._reading: Reading[Item] = reading
        self._books, self._name = books, name
        self._queue: asyncio.Queue[Taken | Exception] = asyncio.Queue(_BATCH)
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by book; that of the streams is at -1
        self._unread: set[int] = set()  # books of which the last read failed

    async def items(self) -> AsyncGenerator[Item]:
        """Yields items. Returns when the connection is over. Raises `Refused`, or an error of the broker."""
        self._start(-1, self._find_streams)
        try:
            while not (self._queue.empty() and self._client.is_closed):
                message = await self._queue.get()
                if isinstance(message, Exception):
                    raise message
                if (item := self._reading.taken(message)) is not None:
                    yield item
        finally:
            await _end(self._tasks.values())

    async def break_off(self) -> None:
        """Wakes the reader if it waits, because the connection is over."""
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(Broken())

    def _start(self, book: int, work: Callable[[], Awaitable[None]]) -> None:
        async def passing_on() -> None:
            try:
                await work()
            except Exception as error:  # the reader raises it
                await self._queue.put(error)

        self._tasks[book] = asyncio.create_task(passing_on())

    async def _find_streams(self) -> None:
        while True:
            found, missing = await self._streams()
            if missing and self._reading.needs_all:
                raise Broken
            self._reading.begin(found)
            for book in found.keys() - self._tasks.keys():
                self._start(book, partial(self._read, book))
            await asyncio.sleep(_LOOK_FOR_MISSING_S if missing else _LOOK_AGAIN_S)

    async def _streams(self) -> tuple[dict[int, StreamInfo], Collection[str]]:
        """Returns the streams by book, and the names of those that do not answer, because they have no leader. With
        books named, no other stream is asked for."""
        if self._books:
            names = {book: f"{self._reading.stream}{book}" for book in self._books}
            return {book: await self._jetstream.stream_info(name) for book, name in names.items()}, ()
        page = await self._page(0)
        found, missing = list[Any](), list[str]()
        while page.get("streams") or page.get("missing"):
            found += page.get("streams") or []
            missing += page.get("missing") or []
            page = await self._page(len(found) + len(missing))
        infos = [StreamInfo.from_response(each) for each in found]
        ours = {(info.config.name or "").removeprefix(self._reading.stream): info for info in infos}
        without = [name for name in missing if name.removeprefix(self._reading.stream).isdigit()]
        return {int(book): info for book, info in ours.items() if book.isdigit()}, without

    async def _page(self, offset: int) -> dict[str, Any]:
        asked = json.dumps({"offset": offset}).encode()
        answer = await self._client.request("$JS.API.STREAM.LIST", asked, timeout=_LISTED_WITHIN_S)
        found: dict[str, Any] = json.loads(answer.data)
        if "error" in found:
            raise APIError.from_error(found["error"])
        return found

    async def _read(self, book: int) -> None:
        """Puts the messages of a book into the queue. Begins again by itself where the book alone cannot be read: its
        stream has no leader, or messages were lost. Raises the error if no book can be read."""
        stream, pause_s = f"{self._reading.stream}{book}", _FIRST_PAUSE_S
        while True:
            try:
                consumer = await self._consumer(book, stream)
                self._unread.discard(book)
                async with aclosing(self._pulled(stream, consumer)) as messages:
                    async for message in messages:
                        pause_s = _FIRST_PAUSE_S
                        sequence, found = message.metadata.sequence.stream, json.loads(message.data)
                        await self._queue.put(Taken(book, sequence, message.headers or {}, found))
            except (Error, TimeoutError):
                self._unread.add(book)
                if self._client.is_closed or self._unread >= self._tasks.keys() - {-1}:
                    raise
            await asyncio.sleep(pause_s * (0.5 + random() / 2))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _consumer(self, book: int, stream: str) -> str:
        subjects = self._reading.subjects(book)
        one = subjects[0] if len(subjects) == 1 else None
        if self._name:  # the one of an earlier connection began elsewhere
            with suppress(NotFoundError):
                await self._jetstream.delete_consumer(stream, self._name)
        config = ConsumerConfig(
            name=self._name,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=await self._reading.after(self._jetstream, book) + 1,
            ack_policy=AckPolicy.NONE,
            filter_subject=one,
            filter_subjects=None if one else subjects,
            inactive_threshold=_FORGOTTEN_AFTER_S,
            mem_storage=True,
            num_replicas=1,
        )
        return (await self._jetstream.add_consumer(stream, config)).name

    async def _pulled(self, stream: str, consumer: str) -> AsyncGenerator[Msg]:
        """Yields messages as they come. Raises `Broken` if one was lost on the way, which its number says or that of
        a heartbeat after it, and `TimeoutError` after a silence."""
        reply, left, taken = self._client.new_inbox(), 0, 0
        asked = {"batch": _BATCH, "expires": _EXPIRES_S * _NANOSECONDS, "idle_heartbeat": _HEARTBEAT_S * _NANOSECONDS}
        coming = asyncio.Queue[Msg]()  # never longer than a batch
        subscribed = await self._client.subscribe(reply, cb=coming.put)
        try:
            while True:
                if not left:
                    left = _BATCH
                    address = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
                    await self._client.publish(address, json.dumps(asked).encode(), reply=reply)
                async with asyncio.timeout(_SILENCE_S):
                    message = await coming.get()
                if message.reply:  # a message has an address for its acknowledgement, and a status has none
                    left, taken = left - 1, taken + 1
                    if message.metadata.sequence.consumer != taken:
                        raise Broken
                    yield message
                    continue
                about = message.headers or {}
                if about.get("Status") == "408":  # the request has expired
                    left = 0
                elif about.get("Status") != "100" or int(about.get("Nats-Last-Consumer", taken)) != taken:
                    raise Broken  # no heartbeat, or one after a message that was lost
        finally:
            with suppress(Error):  # of a connection that is over
                await subscribed.unsubscribe()


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancels the tasks until they have ended: in Python 3.11, `asyncio.wait_for`, which nats-py uses, loses a
    cancellation that comes together with its result."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=0.1)


class AsyncBroker:
    """A client for coroutines. Each iterator has a connection of its own, and goes on without end.

    `login` are the options of nats-py for `connect`, such as `user_credentials`, `user` and `password`, `tls` or
    `inbox_prefix`. `consumer` is the name of the reader's consumers, for a user who may not choose any; then no other
    reader may use it at the same time.
    """

    def __init__(self, *servers: str, prefix: str = "redledger", consumer: str | None = None, **login: Any) -> None:
        self._servers, self._prefix, self._consumer, self._login = list(servers), prefix, consumer, login

    def events(
        self,
        *,
        after: str | None = None,
        types: str | None = None,
        merchant: str | None = None,
        book: int | None = None,
    ) -> AsyncGenerator[Event]:
        """Yields events after a place, or after now (`after="now"`); without a place, from the first one on.

        `types` are names between commas, or beginnings such as `payment.*`. Raises `Refused` for a place from before a
        restore.
        """
        wanted = types.split(",") if types else [">"]
        return self._followed(Events(self._prefix, wanted, merchant_token(merchant), after), book)

    def rows(
        self, view: str, *, after: str | None = None, table: str | None = None, merchant: str | None = None
    ) -> AsyncGenerator[Row]:
        """Yields the rows of a view that changed after a place; without a place, all of them first.

        Raises `ViewChanged` if a copy up to this place has to begin again.
        """
        return self._followed(Rows(self._prefix, view, table or "*", merchant_token(merchant), after), None)

    async def _followed(self, reading: Reading[Item], book: int | None) -> AsyncGenerator[Item]:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                client = Client()
                reader = _Reader(client, reading, [] if book is None else [book], self._consumer)
                async with self._connected(client, reader.break_off), aclosing(reader.items()) as items:
                    async for item in items:
                        pause_s = _FIRST_PAUSE_S
                        yield item
            except (Error, TimeoutError, OSError):
                pass  # the connection broke, or the relay has not made the streams yet
            await asyncio.sleep(pause_s * (0.5 + random() / 2))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    @asynccontextmanager
    async def _connected(self, client: Client, closed: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        more: dict[str, Any] = {"allow_reconnect": False, "max_reconnect_attempts": 1, "closed_cb": closed}
        try:
            await client.connect(self._servers, **more, **self._login)
            yield
        finally:
            await client.close()


class Broker:
    """A client for threads. As `AsyncBroker`, with `for`."""

    def __init__(self, *servers: str, prefix: str = "redledger", consumer: str | None = None, **login: Any) -> None:
        self._broker = AsyncBroker(*servers, prefix=prefix, consumer=consumer, **login)

    def events(
        self,
        *,
        after: str | None = None,
        types: str | None = None,
        merchant: str | None = None,
        book: int | None = None,
    ) -> Generator[Event]:
        """Yields events, as `AsyncBroker.events`."""
        return _one_by_one(self._broker.events(after=after, types=types, merchant=merchant, book=book))

    def rows(
        self, view: str, *, after: str | None = None, table: str | None = None, merchant: str | None = None
    ) -> Generator[Row]:
        """Yields the rows of a view, as `AsyncBroker.rows`."""
        return _one_by_one(self._broker.rows(view, after=after, table=table, merchant=merchant))


def _one_by_one(items: AsyncGenerator[Item]) -> Generator[Item]:
    async def following() -> Item:
        return await anext(items)

    with asyncio.Runner() as runner:
        try:
            while True:
                yield runner.run(following())
        finally:
            runner.run(items.aclose())
