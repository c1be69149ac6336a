"""A proxy in front of a NATS server, which loses messages on their way to the client."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress

from tests.support.nats_servers import NatsServer


@asynccontextmanager
async def losing(server: NatsServer, is_lost: Callable[[str, int], bool]) -> AsyncIterator[str]:
    """Yields the address of the proxy. A message is lost if `is_lost` says so of its stream and sequence."""

    async def serve(client: StreamReader, to_client: StreamWriter) -> None:
        coming, to_server = await asyncio.open_connection("127.0.0.1", server.port)
        with suppress(ConnectionError):
            await asyncio.gather(_pass_on(client, to_server), _pass_on_messages(coming, to_client, is_lost))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as proxy:
        yield f"nats://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"


async def _pass_on(coming: StreamReader, to: StreamWriter) -> None:
    with closing(to):
        while part := await coming.read(65_536):
            to.write(part)


async def _pass_on_messages(coming: StreamReader, to: StreamWriter, is_lost: Callable[[str, int], bool]) -> None:
    """Passes lines on, and messages, whose line ends with the number of bytes that follow."""
    with closing(to):
        while line := await coming.readline():
            kind, *words = line.decode().split()
            if kind in ("MSG", "HMSG"):
                line += await coming.readexactly(int(words[-1]) + len("\r\n"))
                place = next((word.split(".") for word in words if word.startswith("$JS.ACK.")), None)
                if place is not None and is_lost(place[2], int(place[5])):
                    continue
            to.write(line)
