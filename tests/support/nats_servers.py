"""NATS servers with JetStream on loopback, as processes that a test kills, starts again and robs of their store."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError, ServiceUnavailableError

from tests.support.ports import free_ports
from tests.support.services import PATIENCE_S, until

T = TypeVar("T")
PROGRAM = Path(sys.executable).parent / "nats-server"
_CONFIGURATION = """
server_name: {name}
server_tags: ["{name}"]
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{store}", sync_interval: always }}
{more}
"""
_CLUSTER = 'cluster {{ name: tests, listen: "127.0.0.1:{port}", routes: [{routes}] }}'


class Message(NamedTuple):
    """A message of a stream."""

    sequence: int
    subject: str
    id: str
    body: str


@dataclass
class NatsServer:
    """A server that has the same port and store each time it is started."""

    folder: Path
    name: str
    port: int
    more: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def store(self) -> Path:
        return self.folder / f"{self.name}-store"

    def start(self) -> None:
        """Starts the server; returns when it listens."""
        file = self.folder / f"{self.name}.conf"
        file.write_text(_CONFIGURATION.format(name=self.name, port=self.port, store=self.store, more=self.more))
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", file], stdout=log, stderr=log)
        until(self._listens, what=f"{self.name} to listen")

    def kill(self) -> None:
        """Ends the server with SIGKILL, if it runs."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def lose_store(self) -> None:
        shutil.rmtree(self.store)

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / f"{self.name}.log").read_text()
        with closing(socket.socket()) as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def nats_server(folder: Path, more: str = "") -> Iterator[NatsServer]:
    """One server; `more` is added to its configuration."""
    (port,) = free_ports(1)
    server = NatsServer(folder, "n1", port, more)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def nats_cluster(folder: Path) -> Iterator[list[NatsServer]]:
    """A cluster of three servers."""
    ports = free_ports(6)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports[3:])
    servers = [
        NatsServer(folder, f"n{n}", ports[n], _CLUSTER.format(port=ports[n + 3], routes=routes)) for n in range(3)
    ]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.kill()


def ask(
    servers: Sequence[NatsServer],
    question: Callable[[JetStreamContext], Awaitable[T]],
    *,
    patience_s: float = PATIENCE_S,
    **login: str,
) -> T:
    """Returns the answer to a question, asked over a connection of its own.

    Asks again while the cluster has no leader: such a question is not answered, or with 503.
    """

    async def answer() -> T:
        client = Client()
        await client.connect([server.address for server in servers], **login)  # type: ignore[arg-type]
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    try:
                        return await question(client.jetstream(timeout=1))
                    except (TimeoutError, ServiceUnavailableError) as silence:
                        unanswered = silence
        except TimeoutError:
            raise unanswered from None
        finally:
            await client.close()

    return asyncio.run(answer())


def last_sequence(servers: Sequence[NatsServer], stream: str) -> int:
    """Returns the last sequence of the stream; 0 if it is not there."""

    async def question(jetstream: JetStreamContext) -> int:
        try:
            return (await jetstream.stream_info(stream)).state.last_seq
        except NotFoundError:
            return 0

    return ask(servers, question)


def messages(servers: Sequence[NatsServer], stream: str) -> list[Message]:
    """Returns every message of the stream, in order."""

    async def question(jetstream: JetStreamContext) -> list[Message]:
        count = (await jetstream.stream_info(stream)).state.messages
        found: list[Message] = []
        reader = await jetstream.pull_subscribe(">", stream=stream)
        while len(found) < count:
            for message in await reader.fetch(min(500, count - len(found)), timeout=10):
                await message.ack()
                sequence, id = message.metadata.sequence.stream, (message.headers or {})["Nats-Msg-Id"]
                found.append(Message(sequence, message.subject, id, message.data.decode()))
        return found

    return ask(servers, question)
