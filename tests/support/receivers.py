"""Receivers of webhooks on the loopback that keep what comes, and answer as a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Received:
    """One POST, with the status that it was answered."""

    id: str
    headers: dict[str, str]
    body: str
    status: int

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """`answers` decides the status by the id and the number of the post. It may block: every post has a thread."""

    answers: Callable[[str, int], int]
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # of every answer
    posts: list[Received] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    _grown: Condition = field(default_factory=Condition)

    def take(self, headers: dict[str, str], body: str) -> int:
        id = headers["webhook-id"]
        with self._grown:
            number = len(self.posts) + 1
        status = self.answers(id, number)
        with self._grown:
            self.posts.append(Received(id, headers, body, status))
            self._grown.notify_all()
        return status

    def accepted(self) -> list[Received]:
        return [each for each in self.posts if 200 <= each.status < 300]

    def wait_for(self, done: Callable[[Sequence[Received]], bool], says: str = "") -> None:
        """Waits until the posts are as the test wants."""
        with self._grown:
            assert self._grown.wait_for(lambda: done(self.posts), PATIENCE_S), f"{says}: {len(self.posts)} posts"


def accepts(_id: str, _number: int) -> int:
    return 204


@contextmanager
def receiver(answers: Callable[[str, int], int] = accepts) -> Iterator[Receiver]:
    """A receiver until the end of the block."""
    found = Receiver(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            status = found.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in (found.headers | {"Content-Length": "0"}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found
        finally:
            found.ended.set()
            server.shutdown()
            thread.join()
