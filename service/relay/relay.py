"""The relay of a ledger: all its books and some of its views, over one connection to the broker at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from time import monotonic

from nats.aio.client import Client
from nats.errors import Error

from ledger.ledger import Ledger
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.wakeups import Listener
from service.feeds.view_feed import ViewFeed
from service.relay.book_copy import BookCopy
from service.relay.connection import Connection, Servers, connected
from service.relay.copy_relay import Copy, CopyRelay
from service.relay.names import Names
from service.relay.status import Status
from service.relay.stream import Keeping
from service.relay.view_copy import ViewCopy, ViewUnreadable, view_read

PATIENCE_S = 30.0  # of one pass without progress; a cluster has a new leader after some six seconds
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_VIEW_FOLLOWS_S, _VIEW_FOLLOWS_LATE_S = 0.02, 1.0  # pauses between looks at a view that is behind the log


def relay(
    ledger: Ledger,
    servers: Servers,
    *,
    names: Names,
    keeping: Keeping,
    views: Sequence[ViewFeed] = (),
    once: bool = False,
    patience_s: float = PATIENCE_S,
) -> int:
    """Relays the log and these views to the broker until it is interrupted, or `once` up to the heads of this moment.

    Returns the number of messages that this relay published. Raises `StreamRefused`. With `once`, raises
    `BrokerUnavailable` after `patience_s` without progress, and `DatabaseTrouble`; otherwise waits these out.
    """
    with closing(ledger.listener()) as listener, ThreadPoolExecutor(1, thread_name_prefix="bell") as bell:
        running = _Relay(
            ledger, listener, bell, servers, names=names, keeping=keeping, patience_s=patience_s if once else None
        )
        return asyncio.run(running.run(views))


class _Relay:
    def __init__(
        self,
        ledger: Ledger,
        listener: Listener,
        bell: Executor,  # of one thread, because only one may wait
        servers: Servers,
        *,
        names: Names,
        keeping: Keeping,
        patience_s: float | None,  # of one pass; None relays for ever
    ) -> None:
        self._ledger, self._listener, self._bell, self._servers = ledger, listener, bell, servers
        self._names, self._keeping = names, keeping
        self._once = patience_s is not None
        self._status = Status(patience_s)
        self._relays = list[CopyRelay]()
        self._heads: Mapping[int, int] = {}
        self._rung = asyncio.Event()
        self._published = 0

    async def run(self, views: Sequence[ViewFeed]) -> int:
        pause_s = _SHORTEST_PAUSE_S
        while True:
            began = monotonic()
            try:
                async with connected(self._servers) as connection:
                    self._status.progressed("broker")
                    await self._relay_over(connection, views)
                return self._published
            except Error as trouble:
                self._status.held_up("broker", f"the broker {self._servers}: {trouble}")
            except DatabaseTrouble as trouble:
                if self._once or not trouble.retryable:
                    raise
                self._status.held_up("database", str(trouble).rstrip("."))
            lasted = monotonic() - began > _LONGEST_PAUSE_S
            pause_s = _SHORTEST_PAUSE_S if lasted else min(2 * pause_s, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _relay_over(self, connection: Connection, views: Sequence[ViewFeed]) -> None:
        """Relays everything over this connection, until it breaks or, `once`, until it is relayed."""
        self._relays, self._heads = [], {}
        try:
            async with asyncio.TaskGroup() as tasks:
                whole = tasks.create_task(connection.expect_whole())
                parts = [self._relay_books(connection, tasks)]
                parts += [self._relay_view(feed, connection, tasks) for feed in views]
                await asyncio.gather(*map(tasks.create_task, parts))
                whole.cancel()
        except ExceptionGroup as group:
            raise _gravest(group) from group
        finally:
            self._published += sum(each.published for each in self._relays)

    async def _relay_books(self, connection: Connection, tasks: asyncio.TaskGroup) -> None:
        client, ledger = connection.client, self._ledger
        copies = self._copies(
            client, tasks, lambda book: BookCopy(client, ledger, book, names=self._names, keeping=self._keeping)
        )
        while True:
            self._heads = await asyncio.to_thread(ledger.reader.heads)
            self._status.progressed("database")
            rung, self._rung = self._rung, asyncio.Event()
            rung.set()
            await copies.grow(self._heads)
            if self._once:
                return
            await asyncio.get_running_loop().run_in_executor(self._bell, self._listener.wait)

    async def _relay_view(self, feed: ViewFeed, connection: Connection, tasks: asyncio.TaskGroup) -> None:
        """Relays a view as it is folded, by whatever process folds it."""
        client, ledger = connection.client, self._ledger
        copies = self._copies(
            client, tasks, lambda book: ViewCopy(client, ledger, feed, book, names=self._names, keeping=self._keeping)
        )
        pause_s = _VIEW_FOLLOWS_S
        while True:
            try:
                heads = (await view_read(feed.end)).heads
                self._status.progressed(feed.name)
                await copies.grow(heads)
            except ViewUnreadable as trouble:
                heads, pause_s = {}, _VIEW_FOLLOWS_LATE_S
                self._status.held_up(feed.name, str(trouble))
            if self._once:
                return
            while not any(head > heads.get(book, 0) for book, head in self._heads.items()):
                await self._rung.wait()
                pause_s = _VIEW_FOLLOWS_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _VIEW_FOLLOWS_LATE_S)

    def _copies(self, client: Client, tasks: asyncio.TaskGroup, make: Callable[[int], Copy]) -> _Copies:
        def started(book: int, head: int) -> CopyRelay:
            each = CopyRelay(client, make(book), self._status, head=head, observer=self._ledger.observer)
            self._relays.append(each)
            return each

        return _Copies(started, tasks, once=self._once)


class _Copies:
    """The copies of one feed, by book, each with a task that keeps it filled."""

    def __init__(self, started: Callable[[int, int], CopyRelay], tasks: asyncio.TaskGroup, *, once: bool) -> None:
        self._started, self._tasks, self._once = started, tasks, once
        self._relays: dict[int, CopyRelay] = {}

    async def grow(self, heads: Mapping[int, int]) -> None:
        """Notes the heads, and begins with new books. With `once`, returns when all are filled up to them."""
        running = list[asyncio.Task[None]]()
        for book, head in heads.items():
            if book in self._relays:
                self._relays[book].grow(head)
            else:
                self._relays[book] = self._started(book, head)
                running.append(self._tasks.create_task(self._relays[book].run(head if self._once else None)))
        if self._once:
            await asyncio.gather(*running)


def _gravest(group: ExceptionGroup[Exception]) -> Exception:
    """Returns the failure that ends the relay, if one is among those of the group."""
    failures = list(group.exceptions)
    return next((failure for failure in failures if not isinstance(failure, Error | DatabaseTrouble)), failures[0])
