"""Readers that wait are few, and nothing else waits for them: probes, webhooks, other reads."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.log.cursor import Cursor
from projections.engine.views import MOST_WAITING
from projections.registry import PROJECTIONS
from service.app import App, open_app
from service.http.limits import READY_WITHIN_S
from service.settings import Settings
from tests.support.access import application_for_reads, client_of, reader_of
from tests.support.http_server import Client, Server, request, served

READERS = 150
PATIENCE_S = 4.0
PROMPT_S = 2.0  # on a machine that has much else to do


@pytest.fixture
def behind(settings: Settings) -> Iterator[App]:
    """A ledger whose balances nobody folds, with a secret for webhooks."""
    with open_app(settings, create=True) as app:
        app.catch_up([view for name, view in PROJECTIONS.items() if name != "merchant_balances"])
        yield replace(app, settings=replace(app.settings, stripe_secret="whsec_tea"))


def heads_of(app: App) -> dict[int, int]:
    return {book: head for book, head in app.ledger.reader.heads().items() if head}


def token_of(app: App, positions: dict[int, int] | None = None) -> str:
    return Cursor.at(positions or heads_of(app), app.ledger.identity).token


def _within(server: Server, target: str, **other: Any) -> tuple[int, bool]:
    """Status of an answer, and whether it came promptly."""
    began = time.monotonic()
    status, _ = server.ask(target, **other)
    return status, time.monotonic() - began < PROMPT_S


def _waiting(stack: ExitStack, server: Server, app: App) -> list[Client]:
    """Starts more readers than may wait at a time; the server has read all requests when it turns one away."""
    asked = request(f"/v1/balances?at_least={token_of(app)}")
    readers = [stack.enter_context(closing(server.connect())) for _ in range(READERS)]
    for reader in readers:
        reader.send(asked)
    return readers


def test_waiting_readers_hold_up_nobody(behind: App) -> None:
    with served(application_for_reads(behind, patience_s=PATIENCE_S)) as server, ExitStack() as stack:
        readers = _waiting(stack, server, behind)
        assert _within(server, "/healthz") == (200, True)
        assert _within(server, "/webhooks/stripe", method="POST", body=b"{}") == (401, True)
        assert _within(server, "/v1/approvals") == (200, True)
        codes = Counter(reader.answer()[1]["code"] for reader in readers)
        assert codes["VIEW_BEHIND"] >= 1
        assert codes["VIEW_BEHIND"] <= 2 * MOST_WAITING  # a second turn begins where the first one has ended
        assert codes.keys() <= {"VIEW_BEHIND", "TOO_MANY_WAITING", "TOO_BUSY", "TOO_MANY_AT_ONCE"}


def test_a_reader_beyond_those_that_may_wait_is_answered_when_to_ask_again(behind: App) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_WAITING):
            behind.views.waiting.acquire()
            stack.callback(behind.views.waiting.release)
        answer = reader_of(behind).get("/v1/balances", params={"at_least": token_of(behind)})
    assert (answer.status_code, answer.json()["code"]) == (503, "TOO_MANY_WAITING")
    assert answer.headers["Retry-After"] == "1"


def test_a_list_counts_among_the_readers_that_wait(behind: App) -> None:
    """Lists read through views of their own request, which share the places."""
    with behind.ledger.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE views.checkpoints SET position = 0 WHERE projection = 'exceptions'")
    with ExitStack() as stack:
        for _ in range(MOST_WAITING):
            behind.views.waiting.acquire()
            stack.callback(behind.views.waiting.release)
        answer = reader_of(behind).get("/v1/exceptions", params={"at_least": token_of(behind)})
    assert (answer.status_code, answer.json()["code"]) == (503, "TOO_MANY_WAITING")


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [({0: 10**6}, "position 1000000 of book 0"), ({1: 1}, "position 1 of book 1"), ({4711: 1}, "book 4711")],
)
def test_a_token_ahead_of_the_ledger_is_refused_at_once(behind: App, ahead: dict[int, int], sentence: str) -> None:
    token = token_of(behind, heads_of(behind) | ahead)
    client = reader_of(behind, patience_s=600.0)
    error = client.get("/v1/balances", params={"at_least": token}).json()
    assert error["code"] == "POSITION_UNUSABLE"
    assert sentence in error["detail"]


def test_every_read_that_takes_a_token_refuses_one_ahead(behind: App) -> None:
    application = application_for_reads(behind, patience_s=600.0)
    client, token = client_of(application), token_of(behind, {4711: 1})
    paths = {
        path: text for path, one in application.openapi()["paths"].items() if "at_least" in (text := json.dumps(one))
    }
    assert len(paths) > 15
    found = {
        path: client.get(
            path.format(merchant="M-1", order="O-1", number=1, id="X-1", subscription="X-1"),
            params={"at_least": token}
            | ({"as_known_at": "2025-04-01T00:00:00Z"} if "as_known_at" in text else {})
            | ({"q": "O-1"} if path == "/v1/search" else {}),
        ).json()["code"]
        for path, text in paths.items()
    }
    unknown = {path for path, code in found.items() if code == "NOT_FOUND"}  # said at once, too
    assert all("{merchant}" in path or "/settlement-runs/" in path for path in unknown)
    assert {found[path] for path in found.keys() - unknown} == {"POSITION_UNUSABLE"}, found


def test_readiness_is_answered_in_time_and_by_one_thread_where_the_database_hangs() -> None:
    hangs, asked = Event(), []

    def heads() -> dict[int, int]:
        asked.append(1)
        hangs.wait(60)
        return {}

    identity = SimpleNamespace(ledger_id="", epoch=1, zone="", demonstration=False)
    reader = SimpleNamespace(heads=heads, check_writable=lambda: None)
    app = cast(App, SimpleNamespace(settings=Settings(), ledger=SimpleNamespace(identity=identity, reader=reader)))
    with served(application_for_reads(app)) as server, ExitStack() as stack:
        stack.callback(hangs.set)
        probes = [stack.enter_context(closing(server.connect())) for _ in range(20)]
        for probe in probes:
            probe.send(request("/readyz"))
        assert _within(server, "/healthz") == (200, True)
        answers = [probe.answer() for probe in probes]
    assert {status for status, _ in answers} == {503}
    assert answers[0][1]["troubles"] == [f"The database did not answer within {READY_WITHIN_S:g} s."]
    assert len(asked) <= 2
