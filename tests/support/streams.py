"""A reader of Server-Sent Events in a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import httpx2

from tests.support.access import bearing
from tests.support.http_server import Server

SSE, NDJSON = {"Accept": "text/event-stream"}, {"Accept": "application/x-ndjson"}
PATIENCE_S = 30.0
Place = tuple[int, int]


def place(event: dict[str, Any]) -> Place:
    """The book and the position of an event or of a changed row."""
    return event["book"], int(event["sequence"])


@contextmanager
def streamed(server: Server, token: str, target: str, **headers: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """A reader's connection. The function returns the next block with an event, with its `id` or the last one. It fails
    if none comes in time, and raises EOFError at the end of the stream."""
    address = f"http://127.0.0.1:{server.port}{target}"
    with httpx2.stream("GET", address, headers=bearing(token) | SSE | headers, timeout=PATIENCE_S) as answer:
        assert answer.status_code == 200
        lines, last = answer.iter_lines(), ""

        def following() -> dict[str, Any]:
            nonlocal last
            block, give_up = dict[str, str](), monotonic() + PATIENCE_S
            for line in lines:
                assert monotonic() < give_up, f"no event in {PATIENCE_S:g} s"  # heartbeats come all the time
                if not line and "data" in block:
                    return {"id": last, "event": block["event"], "data": json.loads(block["data"])}
                name, _, value = line.partition(": ")
                block = block | {name: value} if line else {}
                last = value if name == "id" else last
            raise EOFError

        yield following
