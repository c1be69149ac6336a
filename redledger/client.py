"""A client of the feeds: follow recorded events, or the rows of a view, from a service of your own.

    with Client("http://127.0.0.1:8600", token) as ledger:
        for event in ledger.events(after=place, types="settlement.*"):
            with database.begin() as transaction:
                book(transaction, event)
                save(transaction, event.place)

The place of an event stands for all that came before it. If you save it in the transaction that uses the event, a
service that dies at any moment has each event exactly once. The client connects again by itself, waits when the service
asks it to, and drops what it has handed over already. `AsyncClient` does the same with `async for`.

Needs the package `httpx2`: `pip install 'redledger[client]'`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from random import random
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx2

from redledger.items import Event, Line, Refused, Row, ViewChanged, event_of, row_of

__all__ = ["AsyncClient", "Client", "Event", "Line", "Refused", "Row", "ViewChanged"]

_SILENCE_S = 45.0  # three heartbeats of the service: a connection that is silent for longer is dead
_TIMEOUT = httpx2.Timeout(10.0, read=_SILENCE_S)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0
_PASSING = frozenset((408, 429, 500, 502, 503, 504))


Item = TypeVar("Item", Event, Row, covariant=True)


class _Reading(Protocol[Item]):
    """What one reader has read so far, without a connection: lines go in, and events or rows come out."""

    def begin(self) -> str | None:
        """Returns the token to continue from, for a new connection. A block that has begun is dropped."""

    def taken(self, line: str) -> Item | None:
        """Returns the event or row that is complete with this line, unless it was handed over before."""


class _Blocks:
    """The blocks of Server-Sent Events: lines up to an empty one."""

    def __init__(self, after: str | None) -> None:
        self.token = after
        self.is_whole = False
        self._data, self._id = "", ""

    def begin(self) -> str | None:
        self._data, self._id = "", ""
        return self.token

    def taken(self, line: str) -> dict[str, Any] | None:
        """Returns the data of the block that ends with this line. Then `is_whole` tells if `token` covers it."""
        name, _, value = line.partition(": ")
        if name == "id":
            self._id = value
        elif name == "data":
            self._data = value
        if line:
            return None
        self.is_whole = bool(self._id)
        if self._id:
            self.token, self._id = self._id, ""
        data, self._data = self._data, ""
        found: dict[str, Any] | None = json.loads(data) if data else None
        return found


class _Events:
    """A reading of events. The service names a place with the last event of each write. The place of every event is the
    newest of these, and the positions of what was handed over beyond it: in this write, or before the connection broke.
    """

    def __init__(self, place: str | None) -> None:
        token, _, beyond = (place or "").partition(" ")
        pairs = (each.split(":") for each in beyond.split(",") if each)
        self._beyond = {int(book): int(position) for book, position in pairs}
        self._handed_over = dict(self._beyond)
        self._awaited = dict[int, int]()  # handed over before, and not sent again yet
        self._blocks = _Blocks(token or None)

    def begin(self) -> str | None:
        self._awaited = dict(self._beyond)
        return self._blocks.begin()

    def taken(self, line: str) -> Event | None:
        found = self._blocks.taken(line)
        if line:
            return None
        book, position = (found["book"], int(found["sequence"])) if found else (-1, 0)
        if position >= self._awaited.get(book, 0):
            self._awaited.pop(book, None)
        is_new = position > self._handed_over.get(book, 0)
        if is_new:
            self._handed_over[book] = self._beyond[book] = position
        if self._blocks.is_whole:
            self._beyond = dict(self._awaited)
        return event_of(found, self._place()) if found and is_new else None

    def _place(self) -> str:
        beyond = ",".join(f"{book}:{position}" for book, position in self._beyond.items())
        return " ".join(filter(None, (self._blocks.token, beyond)))


class _Rows:
    """A reading of rows. Those since the last place come again after a break."""

    def __init__(self, place: str | None) -> None:
        self._blocks = _Blocks(place)

    def begin(self) -> str | None:
        return self._blocks.begin()

    def taken(self, line: str) -> Row | None:
        found = self._blocks.taken(line)
        if found is None:
            return None
        return row_of(found, self._blocks.token or "")


class _Connection(Generic[Item]):
    """One reader over any number of connections: what to ask, and how long to wait before the next one."""

    def __init__(self, path: str, asked: Mapping[str, object], reading: _Reading[Item]) -> None:
        self.path = path
        self._reading: _Reading[Item] = reading
        self._asked = {name: str(value) for name, value in asked.items() if value is not None}
        self._pause_s = _FIRST_PAUSE_S

    def begin(self) -> dict[str, str]:
        """Returns the parameters of the next connection."""
        after = self._reading.begin()
        return self._asked | ({"after": after} if after else {})

    def taken(self, line: str) -> Item | None:
        self._pause_s = _FIRST_PAUSE_S
        return self._reading.taken(line)

    def pause_s(self, answer: httpx2.Response | None = None) -> float:
        """Returns the seconds to wait: those that the service asks for, or twice those of last time, with jitter."""
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        asked = answer.headers.get("retry-after", "") if answer is not None else ""
        return max(int(asked) if asked.isdigit() else 0, self._pause_s * (0.5 + random() / 2))


def _refusal(status: int, body: bytes) -> Refused:
    try:
        problem = json.loads(body)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, LookupError, TypeError):
        code, detail = "UNKNOWN", body[:200].decode(errors="replace")
    return (ViewChanged if code == "VIEW_CHANGED" else Refused)(status, code, detail)


class _Asked:
    """The feeds by their parameters, for both clients."""

    @staticmethod
    def events(after: str | None, asked: Mapping[str, object]) -> _Connection[Event]:
        return _Connection("/v1/events", asked, _Events(after))

    @staticmethod
    def rows(view: str, after: str | None, asked: Mapping[str, object]) -> _Connection[Row]:
        return _Connection(f"/v1/views/{quote(view, safe='')}/changes", asked, _Rows(after))


class Client:
    """A client for threads. Each iterator has a connection of its own, and goes on without end."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx2.Client(base_url=url, headers=_headers(token), timeout=_TIMEOUT)

    def events(
        self,
        *,
        after: str | None = None,
        types: str | None = None,
        merchant: str | None = None,
        order: str | None = None,
        book: int | None = None,
    ) -> Iterator[Event]:
        """Yields events after a place, or after now (`after="now"`); without a place, from the first one on.

        `types` are names between commas, or beginnings such as `payment.*`. Raises `Refused`.
        """
        asked = {"type": types, "merchant": merchant, "order": order, "book": book}
        return self._followed(_Asked.events(after, asked))

    def rows(
        self, view: str, *, after: str | None = None, table: str | None = None, merchant: str | None = None
    ) -> Iterator[Row]:
        """Yields the rows of a view that changed after a place; without a place, all of them first.

        Raises `Refused`, and `ViewChanged` if a copy up to this place has to begin again.
        """
        return self._followed(_Asked.rows(view, after, {"table": table, "merchant": merchant}))

    def _followed(self, connection: _Connection[Item]) -> Iterator[Item]:
        while True:
            refused: httpx2.Response | None = None
            try:
                with self._http.stream("GET", connection.path, params=connection.begin()) as answer:
                    if answer.status_code == 200:
                        for line in answer.iter_lines():
                            if (item := connection.taken(line)) is not None:
                                yield item
                    elif answer.status_code not in _PASSING:
                        raise _refusal(answer.status_code, answer.read())
                    else:
                        refused = answer
            except httpx2.TransportError:
                pass  # the connection broke: the next one continues
            time.sleep(connection.pause_s(refused))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """A client for coroutines. As `Client`, with `async with` and `async for`."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx2.AsyncClient(base_url=url, headers=_headers(token), timeout=_TIMEOUT)

    def events(
        self,
        *,
        after: str | None = None,
        types: str | None = None,
        merchant: str | None = None,
        order: str | None = None,
        book: int | None = None,
    ) -> AsyncIterator[Event]:
        """Yields events, as `Client.events`."""
        asked = {"type": types, "merchant": merchant, "order": order, "book": book}
        return self._followed(_Asked.events(after, asked))

    def rows(
        self, view: str, *, after: str | None = None, table: str | None = None, merchant: str | None = None
    ) -> AsyncIterator[Row]:
        """Yields the rows of a view, as `Client.rows`."""
        return self._followed(_Asked.rows(view, after, {"table": table, "merchant": merchant}))

    async def _followed(self, connection: _Connection[Item]) -> AsyncIterator[Item]:
        while True:
            refused: httpx2.Response | None = None
            try:
                async with self._http.stream("GET", connection.path, params=connection.begin()) as answer:
                    if answer.status_code == 200:
                        async for line in answer.aiter_lines():
                            if (item := connection.taken(line)) is not None:
                                yield item
                    elif answer.status_code not in _PASSING:
                        raise _refusal(answer.status_code, await answer.aread())
                    else:
                        refused = answer
            except httpx2.TransportError:
                pass  # the connection broke: the next one continues
            await asyncio.sleep(connection.pause_s(refused))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
