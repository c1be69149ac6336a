"""The connection to the NATS servers. It is never mended: when it breaks, the relay makes a new one and looks again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error, NoServersError

CONNECTED_WITHIN_S = 10.0
_ONE_SERVER_WITHIN_S = 2
_PING_EVERY_S = 5  # three without an answer mean a broken connection


class BrokerLost(Error):
    """The connection broke, or the broker closed it."""

    def __str__(self) -> str:
        return "the connection broke"


class BrokerUnreachable(Error):
    """None of the servers accepts a connection."""

    def __init__(self, words: str) -> None:
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses of a cluster, and the credentials file of our account there."""

    addresses: tuple[str, ...]
    credentials: Path | None = None

    def __str__(self) -> str:
        """Returns the addresses without user and password."""
        return ", ".join(address.rpartition("@")[2].rpartition("/")[2] for address in self.addresses)


class Connection:
    """A connection, and the signal that it is over."""

    def __init__(self) -> None:
        self.client = Client()
        self.last_error = ""
        self._is_over = asyncio.Event()

    async def expect_whole(self) -> None:
        """Waits until the connection is over, and raises `BrokerLost`."""
        await self._is_over.wait()
        raise BrokerLost

    async def note(self, error: Exception) -> None:
        self.last_error = str(error) or type(error).__name__

    async def end(self) -> None:
        self._is_over.set()


@asynccontextmanager
async def connected(servers: Servers) -> AsyncIterator[Connection]:
    """Yields a connection to one of the servers. Raises `BrokerUnreachable`."""
    connection = Connection()
    try:
        await _connect(connection, servers)
        yield connection
    finally:
        await connection.client.close()


async def _connect(connection: Connection, servers: Servers) -> None:
    try:
        async with asyncio.timeout(CONNECTED_WITHIN_S):
            await connection.client.connect(
                list(servers.addresses),
                name="redledger relay",
                user_credentials=str(servers.credentials) if servers.credentials else None,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                connect_timeout=_ONE_SERVER_WITHIN_S,
                reconnect_time_wait=1,
                ping_interval=_PING_EVERY_S,
                error_cb=connection.note,
                closed_cb=connection.end,
            )
    except (TimeoutError, NoServersError, OSError) as error:
        raise BrokerUnreachable(connection.last_error or str(error)) from error
