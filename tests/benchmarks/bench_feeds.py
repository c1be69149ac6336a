"""The event feed, on the service as a process of its own: a reader that catches up, and readers that follow."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep
from typing import NamedTuple

from commands.bus.bus import Bus
from commands.menu import MENU
from service.app import open_app
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.benchmarks.bench_http import served_alone
from tests.benchmarks.http_load import connected, request
from tests.benchmarks.measure import Table, percentile, rate
from tests.benchmarks.scale import Scale
from tests.support.access import token_for
from tests.support.buses import PLATFORM

_BATCH = 500
_PLACE = re.compile(rb'"sequence":"0*(\d+)","recordedtime":"[^"]*","book":(\d+)')
_names = count()


def measure_feeds(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Catching up in NDJSON; then readers of one stream each while commands are recorded at a fixed rate."""
    settings = Settings(database_url=server.url("bench_feeds"), data_dir=keys.parent / "feeds", key_file=keys)
    with open_app(settings, create=True) as app, served_alone(settings) as service:
        token, port = token_for(app, "bench", "service"), int(service.port)
        for _ in range(0, scale.fed, _BATCH):
            _record(app.bus, min(_BATCH, scale.fed))
        app.catch_up()
        figure = table.figure("events of one reader that catches up, NDJSON", aim=">= 20,000")
        for _ in range(scale.rounds):
            figure.samples.append(rate(_caught_up(port, token), lambda: _caught_up(port, token)))
        for readers, per_s in ((1, 20), (max(1, scale.followers // 10), 500), (scale.followers, 50)):
            lags = _lags(app.bus, port, token, readers=readers, per_s=per_s, seconds=scale.followed_s)
            name = f"{readers} readers, {per_s} events/s"
            behind, whole = [each.behind_ms for each in lags], [each.whole_ms for each in lags]
            figures = [("behind the commit, p50", behind, 50, ""), ("behind the commit, p99", behind, 99, "<= 250 ms")]
            if readers == 1:
                figures.append(("from the command to the frame, p50", whole, 50, "<= 25 ms"))
            for words, samples, percent, aim in figures:
                figure = table.figure(f"{name}: {words}", unit="ms", aim=aim)
                figure.samples.append(percentile(samples, percent))


def _record(bus: Bus, number: int) -> list[tuple[int, int]]:
    """Records so many events, each of another merchant. Returns their places."""
    kind = MENU["enrol_merchant"].command
    sent = [
        kind.model_validate({"id": f"feed-{n}", "actor": PLATFORM, "merchant_id": f"M-{n}"})
        for n in (next(_names) for _ in range(number))
    ]
    return [(each.book, at) for each in bus.submit(sent) for at in range(each.first, each.last + 1)]


def _caught_up(port: int, token: str) -> int:
    """Reads the whole log. Returns the number of its events."""
    with closing(connected(port)) as connection:
        asked = request("GET", "/v1/events", token).replace(b"\r\n\r\n", b"\r\nAccept: application/x-ndjson\r\n\r\n")
        connection.sendall(asked)
        events, end = 0, b""
        while not end.endswith(b"\r\n0\r\n\r\n"):
            part = connection.recv(1 << 20)
            assert part, "the transfer was broken off"
            events += part.count(b'"specversion"') + (end[-13:] + part[:12]).count(b'"specversion"')
            end = (end + part)[-16:]
        return events


@dataclass(slots=True)
class _Readers:
    """Readers of one event loop: when each event came to each of them, by its place."""

    came: dict[int, dict[tuple[int, int], float]] = field(default_factory=dict)

    async def follow(self, number: int, port: int, token: str, ready: asyncio.Barrier) -> None:
        came = self.came[number] = {}
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        asked = request("GET", "/v1/events?after=now", token)
        writer.write(asked.replace(b"\r\n\r\n", b"\r\nAccept: text/event-stream\r\n\r\n"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        await ready.wait()
        rest = b""
        try:
            while part := await reader.read(1 << 16):
                now, data = perf_counter(), rest + part
                end = 0
                for found in _PLACE.finditer(data):
                    came.setdefault((int(found[2]), int(found[1])), now)
                    end = found.end()
                rest = data[max(end, len(data) - 200) :]
        finally:
            writer.close()


class _Lag(NamedTuple):
    """The milliseconds until an event came to a reader: after its acknowledgement, and after its command was sent."""

    behind_ms: float
    whole_ms: float


def _lags(bus: Bus, port: int, token: str, *, readers: int, per_s: int, seconds: float) -> list[_Lag]:
    """Returns the lag of each event at each reader."""
    recorded, followed = dict[tuple[int, int], tuple[float, float]](), _Readers()

    def write() -> None:
        together = 1 if per_s <= 50 else 5
        for due in _dues(perf_counter(), together / per_s, seconds):
            sleep(max(0.0, due - perf_counter()))
            sent = perf_counter()
            places = _record(bus, together)
            recorded.update(dict.fromkeys(places, (sent, perf_counter())))

    async def run() -> None:
        ready = asyncio.Barrier(readers + 1)
        tasks = [asyncio.create_task(followed.follow(number, port, token, ready)) for number in range(readers)]
        async with asyncio.timeout(seconds + 120):
            await ready.wait()
            await asyncio.sleep(0.5)
            writer = Thread(target=write)
            writer.start()
            while writer.is_alive() or any(len(each) < len(recorded) for each in followed.came.values()):
                await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())
    return [
        _Lag(max(0.0, came[place] - committed) * 1000, (came[place] - sent) * 1000)
        for came in followed.came.values()
        for place, (sent, committed) in recorded.items()
    ]


def _dues(start: float, every_s: float, seconds: float) -> Iterator[float]:
    """Yields the instants of the writes, so long."""
    return (start + every_s * n for n in range(int(seconds / every_s)))
