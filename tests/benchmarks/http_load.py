"""Load over HTTP from one thread: so many connections, requests at their times or as fast as they are answered."""

from __future__ import annotations

import selectors
import socket
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from time import perf_counter

_PATIENCE_S = 60.0


@dataclass(slots=True)
class _Connection:
    """One connection, the request that it waits for, and what has come of the answer."""

    own: socket.socket
    due: float = 0.0
    received: bytes = b""
    answer: bytes = b""

    def is_answered(self) -> bool:
        """Reads what has come. True if the answer is complete. Raises `AssertionError` if it is no success."""
        part = self.own.recv(1 << 20)
        assert part, f"hung up after {self.received[:300]!r}"
        self.received += part
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return False
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(body) < int(fields[b"content-length"]):
            return False
        assert head.startswith(b"HTTP/1.1 200"), self.received[:600]
        self.received, self.answer = b"", body
        return True


def latencies_ms(
    port: int,
    requests: Iterable[bytes],
    *,
    connections: int,
    per_s: float = 0.0,
    answers: set[bytes] | None = None,
) -> list[float]:
    """Returns the milliseconds until each answer: with a rate from the instant at which the request was due, so that a
    service that stops for a while is not measured once only; else from its sending. Adds the bodies to `answers`."""
    waiting, spent, start = deque(requests), [], perf_counter()
    dues = deque(start + number / per_s if per_s else 0.0 for number in range(len(waiting)))
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        idle = [_Connection(stack.enter_context(closing(connected(port)))) for _ in range(connections)]
        busy = 0
        while waiting or busy:
            while idle and waiting and dues[0] <= perf_counter():
                connection, due = idle.pop(), dues.popleft()
                connection.due = due or perf_counter()
                selector.register(connection.own, selectors.EVENT_READ, connection)
                connection.own.sendall(waiting.popleft())
                busy += 1
            pause_s = max(0.0, dues[0] - perf_counter()) if idle and waiting else _PATIENCE_S
            answered = selector.select(pause_s)
            assert answered or pause_s < _PATIENCE_S, f"no answer for {_PATIENCE_S:g} s"
            for key, _ in answered:
                connection = key.data
                if connection.is_answered():
                    spent.append((perf_counter() - connection.due) * 1000)
                    selector.unregister(connection.own)
                    if answers is not None:
                        answers.add(connection.answer)
                    idle.append(connection)
                    busy -= 1
    return spent


def request(method: str, target: str, token: str, *, key: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request with this token."""
    lines = [f"{method} {target} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    lines += [f"Idempotency-Key: {key}"] if key else []
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def connected(port: int) -> socket.socket:
    """A connection to the service."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
