"""Thousands of requests at once, against the service as a process: refused cheaply, and nothing is half-recorded."""

from __future__ import annotations

import asyncio
import json
import resource
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from signal import SIGTERM
from threading import Event

import pytest

from service.app import open_app
from service.settings import Settings
from tests.benchmarks.http_load import request
from tests.support.postgres import memory_folder, open_folder
from tests.support.services import PATIENCE_S, Service

pytestmark = pytest.mark.slow

ENROL = "/v1/commands/enrol_merchant"
ANOTHER_CLIENT = ("127.0.0.2", 0)  # whose connections are counted by themselves
CUT_OFF = 0  # the connection was closed without an answer, or with one that the client's own bytes overtook
AWAY = b"\r\nConnection: close\r\n\r\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder(memory_folder()) as outer:
        yield outer / "data"


@pytest.mark.parametrize("number", [1_000, pytest.param(10_000, marks=pytest.mark.histories)])
def test_what_is_too_much_at_once_is_refused_and_what_is_answered_is_recorded_once(folder: Path, number: int) -> None:
    _allow_open_files(2 * number)
    service = Service(folder)
    try:
        with _asked_for_its_health(service) as health:
            answers = asyncio.run(_storm(service, number))
        after = asyncio.run(_answer_to(int(service.port), _enrolling(service.token, number)))
    finally:
        service.end(SIGTERM)
    assert after == 200
    assert set(health) == {200}
    assert {200, 429} <= set(answers.values()) <= {200, 429, 503, CUT_OFF}
    accepted = {f"merchant/M-{n}" for n, status in answers.items() if status == 200}
    assert _enrolled(folder) == Counter([*accepted, f"merchant/M-{number}"])


async def _storm(service: Service, number: int) -> dict[int, int]:
    """Returns the status of each request; all are sent at once."""
    port, token = int(service.port), service.token
    return dict(enumerate(await asyncio.gather(*(_answer_to(port, _enrolling(token, n)) for n in range(number)))))


@contextmanager
def _asked_for_its_health(service: Service) -> Iterator[list[int]]:
    """Yields the statuses of the health that another client asks for again and again until the end of the block."""
    ends, found = Event(), list[int]()

    def ask() -> None:
        while not ends.is_set():
            address = ("127.0.0.1", int(service.port))
            with closing(HTTPConnection(*address, timeout=PATIENCE_S, source_address=ANOTHER_CLIENT)) as client:
                client.request("GET", "/healthz")
                found.append(client.getresponse().status)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        try:
            yield found
        finally:
            ends.set()
        asked.result()


def _enrolling(token: str, n: int) -> bytes:
    return request("POST", ENROL, token, key=f"e-{n}", body=json.dumps({"data": {"merchant_id": f"M-{n}"}}).encode())


async def _answer_to(port: int, sent: bytes) -> int:
    """Returns the status of the answer over a connection of its own."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            return CUT_OFF
        try:
            writer.write(sent.replace(b"\r\n\r\n", AWAY, 1))
            head = await reader.readuntil(b"\r\n")
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            return CUT_OFF
        finally:
            writer.close()
        return int(head.split()[1])


def _enrolled(folder: Path) -> Counter[str]:
    with open_app(Settings(data_dir=folder)) as app, app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT stream FROM log.events WHERE type = 'merchant.enrolled'")
        return Counter(row[0] for row in found)


def _allow_open_files(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))
