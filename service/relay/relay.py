"""The relay of a ledger: all its books, over one connection to the broker at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from time import monotonic

from nats.errors import Error

from ledger.ledger import Ledger
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.identity import read_identity
from ledger.log.rows import Recorded
from ledger.log.wakeups import Listener
from service.relay.book_relay import BookRelay
from service.relay.book_stream import BookStream, Keeping
from service.relay.connection import Connection, Servers, connected
from service.relay.failures import StreamRefused
from service.relay.names import Names
from service.relay.status import Status

PATIENCE_S = 30.0  # of one pass without progress; a cluster has a new leader after some six seconds
_PAGE = 500  # events of one read
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


def relay(
    ledger: Ledger,
    servers: Servers,
    *,
    names: Names,
    keeping: Keeping,
    once: bool = False,
    patience_s: float = PATIENCE_S,
) -> int:
    """Relays the log to the broker until it is interrupted, or `once` up to the heads of this moment.

    Returns the number of events that this relay published. Raises `StreamRefused`. With `once`, raises
    `BrokerUnavailable` after `patience_s` without progress, and `DatabaseTrouble`; otherwise waits these out.
    """
    with closing(ledger.listener()) as listener, ThreadPoolExecutor(1, thread_name_prefix="bell") as bell:
        running = _Relay(
            ledger, listener, bell, servers, names=names, keeping=keeping, patience_s=patience_s if once else None
        )
        return asyncio.run(running.run())


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
        self._books: dict[int, BookRelay] = {}
        self._published = 0

    async def run(self) -> int:
        pause_s = _SHORTEST_PAUSE_S
        while True:
            began = monotonic()
            try:
                async with connected(self._servers) as connection:
                    self._status.progressed("broker")
                    await self._relay_over(connection)
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

    async def _relay_over(self, connection: Connection) -> None:
        """Relays all books over this connection, until it breaks or, `once`, until they are relayed."""
        self._books = {}
        try:
            async with asyncio.TaskGroup() as tasks:
                whole = tasks.create_task(connection.expect_whole())
                await self._relay_books(connection, tasks)
                whole.cancel()
        except ExceptionGroup as group:
            raise _gravest(group) from group
        finally:
            self._published += sum(book.published for book in self._books.values())

    async def _relay_books(self, connection: Connection, tasks: asyncio.TaskGroup) -> None:
        while True:
            heads = await asyncio.to_thread(self._ledger.reader.heads)
            self._status.progressed("database")
            new = [book for book in heads if book not in self._books]
            for book in new:
                self._books[book] = self._book(connection, book, heads[book])
            running = [tasks.create_task(self._books[book].run(heads[book] if self._once else None)) for book in new]
            if self._once:
                await asyncio.gather(*running)
                return
            for book, head in heads.items():
                self._books[book].grow(head)
            await asyncio.get_running_loop().run_in_executor(self._bell, self._listener.wait)

    def _book(self, connection: Connection, book: int, head: int) -> BookRelay:
        stream = BookStream(
            connection.client,
            book,
            identity=self._ledger.identity,
            names=self._names,
            keeping=self._keeping,
            event_id_at=self._event_id_at,
        )
        return BookRelay(connection.client, stream, self._read, self._status, head=head, observer=self._ledger.observer)

    def _event_id_at(self, book: int, position: int) -> str | None:
        return next((row.event_id for row in self._ledger.reader.read(book, position - 1, 1)), None)

    async def _read(self, book: int, after: int) -> Sequence[Recorded]:
        return await asyncio.to_thread(self._page, book, after)

    def _page(self, book: int, after: int) -> Sequence[Recorded]:
        """Returns the next events of the book. Raises `StreamRefused` if they do not follow."""
        rows = self._ledger.reader.read(book, after, _PAGE)
        if read_identity(self._ledger.engine) != self._ledger.identity:  # read after the rows: an epoch only rises
            raise StreamRefused("The ledger was restored while it was relayed. Start the relay again.")
        if not rows or rows[-1].position != after + len(rows):
            raise StreamRefused(
                f"Book {book} has a gap after position {after}. Run `redledger verify-log`; if the ledger was restored,"
                " raise its epoch."
            )
        return rows


def _gravest(group: ExceptionGroup[Exception]) -> Exception:
    """Returns the failure that ends the relay, if one is among those of the group."""
    failures = list(group.exceptions)
    return next((failure for failure in failures if not isinstance(failure, Error | DatabaseTrouble)), failures[0])
