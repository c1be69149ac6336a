"""Webhook endpoints on the loopback that answer as badly as a test wants."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

LOOPBACK = ("127.0.0.0/8",)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_PATIENCE_S = 10.0
Answer = Callable[[socket.socket], None]


def answering(raw: bytes) -> Answer:
    """Answers every request with these bytes, and closes the connection."""
    return lambda connection: connection.sendall(raw)


class Endpoint:
    """A server that reads a request whole, keeps it, and answers. It takes one connection at a time."""

    def __init__(self, listener: socket.socket, answer: Answer, tls: ssl.SSLContext | None) -> None:
        self.port: int = listener.getsockname()[1]
        self.requests: list[bytes] = []
        self._listener, self._answer, self._tls = listener, answer, tls

    def url(self, host: str = "127.0.0.1", *, scheme: str = "http", path: str = "/hook") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # the test has ended
            with connection:
                connection.settimeout(_PATIENCE_S)
                try:
                    self._serve(connection)
                except OSError:
                    continue  # the client hung up

    def _serve(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            self.requests.append(_request(connection))
            self._answer(connection)


@contextmanager
def endpoint(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """An endpoint until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Endpoint(listener, answer, tls)
        thread = Thread(target=server.run, name="webhook endpoint of a test")
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _request(connection: socket.socket) -> bytes:
    """The head and body of one request."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionResetError("the client hung up")
    return part
