"""The HTTP server in a thread of the test, and clients of it that are as slow as a test wants."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

from service.http.protocol import BoundedProtocol
from service.http.server import server_config
from tests.support.access import AUDITOR, bearing

_PATIENCE_S = 30.0


class Server(uvicorn.Server):
    """One application on a free port of the loopback, as the service runs it."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        self.port: int = listener.getsockname()[1]
        self.answers = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    def connect(self) -> Client:
        return Client(socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE_S))

    def ask(self, target: str, *, method: str = "GET", body: bytes = b"") -> tuple[int, Any]:
        """Status and content of one answer."""
        with closing(self.connect()) as client:
            client.send(request(target, method=method, length=len(body)) + body)
            return client.answer()


class Client:
    """One connection."""

    def __init__(self, own: socket.socket) -> None:
        self.own = own
        self.close = own.close

    def send(self, data: bytes) -> None:
        self.own.sendall(data)

    def drip(self, data: bytes, *, every_s: float = 0.02) -> None:
        """Send the bytes over and over, one at a time, until the server says something or hangs up."""
        for place in range(10_000):
            if select.select([self.own], [], [], every_s)[0]:
                return
            try:
                self.own.send(data[place % len(data) :][:1])
            except OSError:
                return
        raise AssertionError("the server listened to it all")

    def until_closed(self) -> bytes:
        """All that comes until the server hangs up."""
        received = b""
        try:
            while part := self.own.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received

    def answer(self) -> tuple[int, Any]:
        """Status and JSON of the answer that comes, as far as its Content-Length."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more(received)
        head, _, body = received.partition(b"\r\n\r\n")
        while len(body) < _length(head):
            body += self._more(received)
        return int(head.split()[1]), json.loads(body) if body else None

    def _more(self, received: bytes) -> bytes:
        part = self.own.recv(65536)
        assert part, f"hung up after {received[:200]!r}"
        return part


def request(target: str, *, method: str = "GET", length: int = 0, close: bool = True) -> bytes:
    """The head of a request, with the token of `application_for_reads`."""
    token = bearing(AUDITOR)["Authorization"]
    head = f"{method} {target} HTTP/1.1\r\nHost: test\r\nAuthorization: {token}\r\nContent-Length: {length}\r\n"
    return (head + ("Connection: close\r\n" if close else "") + "\r\n").encode()


def refused(received: bytes) -> tuple[int, str]:
    """Status and code of an error as it came over the wire."""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), str(json.loads(body)["code"])


@contextmanager
def served(application: FastAPI, protocol: type[BoundedProtocol] = BoundedProtocol) -> Iterator[Server]:
    """The application, answering until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(server_config(application, protocol), listener)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="http server of a test")
        thread.start()
        try:
            assert server.answers.wait(_PATIENCE_S), "the server did not start"
            yield server
        finally:
            server.should_exit = True
            thread.join()


def _length(head: bytes) -> int:
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return int(fields.get(b"content-length", b"0"))
