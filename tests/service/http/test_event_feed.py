"""The event feed over HTTP: pages, NDJSON and Server-Sent Events, and how a reader continues after any break."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import get_args

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.events.access import AccountRole
from service.app import App
from service.feeds.event_feed import EventFeed, EventFilter
from service.http.application import end_streams, make_application
from service.http.limits import Deadlines, LaneSize
from service.http.protocol import BoundedProtocol
from service.http.routes import event_stream
from tests.support.access import ADMIN, AUDITOR, application_for_reads, bearing, token_for
from tests.support.buses import Desk, enrol, open_desk, publish_programme
from tests.support.http_server import Server, request, served
from tests.support.services import until
from tests.support.shops import app_of
from tests.support.streams import NDJSON, PATIENCE_S, SSE, Place, place, streamed


class Impatient(BoundedProtocol):
    """The protocol, for a reader that takes nothing."""

    deadlines = Deadlines(answer_s=0.3)


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


@pytest.fixture
def server(app: App) -> Iterator[Server]:
    with served(make_application(app)) as server:
        yield server


def recorded(app: App) -> list[Place]:
    """The places of all events of the log."""
    page = EventFeed(app.ledger).page({}, EventFilter(), limit=1_000_000)
    return sorted((frame.book, frame.position) for frame in page.frames)


def test_pages_go_on_until_the_end_of_the_log(month_app: App) -> None:
    with TestClient(application_for_reads(month_app), headers=bearing(AUDITOR)) as client:
        found, after = list[Place](), None
        while True:
            answer = client.get("/v1/events", params={"limit": 300} | ({"after": after} if after else {})).json()
            found += map(place, answer["data"])
            after = answer["position"]
            if answer["next"] is None:
                break
            assert answer["next"] == after
        assert sorted(found) == recorded(month_app)
        assert client.get("/v1/events", params={"after": after}).json()["data"] == []


def test_ndjson_has_the_whole_log_and_says_after_each_batch_where_to_continue(month_app: App) -> None:
    with TestClient(application_for_reads(month_app), headers=bearing(AUDITOR) | NDJSON) as client:
        lines = [json.loads(line) for line in client.get("/v1/events").text.splitlines()]
        events, positions = [line for line in lines if "data" in line], [line for line in lines if "data" not in line]
        assert sorted(map(place, events)) == recorded(month_app)
        assert "position" in lines[-1]
        first = lines.index(positions[0])
        rest = client.get("/v1/events", params={"after": positions[0]["position"]}).text.splitlines()
        assert [json.loads(line) for line in rest] == lines[first + 1 :] or positions[0] == lines[-1]


@pytest.mark.parametrize("after", ["nonsense", "eyJlcG9jaCI6MX0"])
def test_a_token_that_is_none_is_refused(month_app: App, after: str) -> None:
    with TestClient(application_for_reads(month_app), headers=bearing(AUDITOR)) as client:
        for headers in ({}, SSE, NDJSON):
            answer = client.get("/v1/events", params={"after": after}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, "POSITION_UNUSABLE")


def test_a_stream_has_the_past_and_then_each_event_as_it_is_recorded(desk: Desk, app: App, server: Server) -> None:
    token = token_for(app, "follower", "service")
    httpx2.get(f"http://127.0.0.1:{server.port}/v1/events?limit=1", headers=bearing(token))  # its use is an event too
    before = recorded(app)
    with streamed(server, token, "/v1/events") as following:
        past = sorted(place(following()["data"]) for _ in before)
        assert past == before
        for merchant in ("M-1", "M-2"):
            enrol(desk, merchant)
            since = [each for each in recorded(app) if each not in before]
            assert sorted(place(following()["data"]) for _ in since) == since
            before += since


def test_a_reader_continues_after_the_last_id_that_it_got(desk: Desk, app: App, server: Server) -> None:
    token = token_for(app, "follower", "service")
    httpx2.get(f"http://127.0.0.1:{server.port}/v1/events?limit=1", headers=bearing(token))
    before = recorded(app)
    with streamed(server, token, "/v1/events?after=now") as following:
        enrol(desk, "M-1")
        first = following()
    enrol(desk, "M-2")
    missing = {*recorded(app)} - {*before, place(first["data"])}
    with streamed(server, token, "/v1/events", **{"Last-Event-ID": first["id"]}) as following:
        while missing:
            missing.discard(place(following()["data"]))


def test_a_filter_is_held_in_a_stream_too(desk: Desk, app: App, server: Server) -> None:
    token = token_for(app, "follower", "service")
    enrol(desk, "M-1")
    enrol(desk, "M-2")
    with streamed(server, token, "/v1/events?type=merchant.enrolled&merchant=M-2") as following:
        event = following()
        assert (event["event"], event["data"]["subject"]) == ("merchant.enrolled", "merchant/M-2")


def test_a_merchants_stream_has_its_own_events_alone(desk: Desk, app: App, server: Server) -> None:
    enrol(desk, "M-1")
    enrol(desk, "M-2")
    token = token_for(app, "seller", "merchant", scope="M-2")
    with streamed(server, token, "/v1/events") as following:
        enrol(desk, "M-3")
        desk.expect("set_express_refund", merchant_id="M-2", enabled=True)
        seen = [following()]
        while seen[-1]["event"] != "merchant.express_refund_enabled":
            seen.append(following())
    assert {event["data"]["subject"] for event in seen} == {"merchant/M-2"}
    assert not any("actor" in event["data"]["data"] for event in seen)


@pytest.mark.parametrize("role", get_args(AccountRole))
def test_every_role_but_the_buyers_may_follow(app: App, role: AccountRole) -> None:
    enrolled = {"merchant": "M-1", "buyer": "B-1"}
    app.ledger.directory.book_of("M-1")
    token = token_for(app, "somebody", role, scope=enrolled.get(role))
    with TestClient(make_application(app), headers=bearing(token)) as client:
        statuses = {client.get("/v1/events", headers=headers).status_code for headers in ({}, NDJSON)}
        assert statuses == ({403} if role == "buyer" else {200})


def test_a_stream_ends_when_its_token_is_revoked(desk: Desk, app: App, server: Server) -> None:
    token = token_for(app, "follower", "service")
    with streamed(server, token, "/v1/events?after=now") as following:
        enrol(desk, "M-1")
        following()
        desk.expect("close_access_account", account_id="follower", reason="left", actor=ADMIN)
        with suppress(EOFError):
            while following():
                pass


def test_a_silent_stream_says_that_it_lives_and_where_it_is(
    app: App, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(event_stream, "CHECK_S", 0.05)
    token = token_for(app, "follower", "service")
    address = f"http://127.0.0.1:{server.port}/v1/events?after=now&type=order.placed"
    with httpx2.stream("GET", address, headers=bearing(token) | SSE, timeout=PATIENCE_S) as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith(":")) == ": nothing new"
        assert next(lines).startswith("id: ")


def test_a_reader_that_takes_nothing_is_dropped(month_app: App) -> None:
    accepting = request("/v1/events", close=False).replace(b"\r\n\r\n", b"\r\nAccept: text/event-stream\r\n\r\n")
    with served(application_for_reads(month_app), Impatient) as server, closing(server.connect()) as client:
        client.own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(accepting)
        until(lambda: not server.server_state.connections, what="the reader to be dropped")


def test_more_streams_than_the_limit_are_refused(app: App) -> None:
    token = token_for(app, "follower", "service")
    application: FastAPI = make_application(app)
    application.state.streams = type(application.state.streams)("streams", LaneSize(1, queued=0, patience_s=0))
    with served(application) as server, streamed(server, token, "/v1/events?after=now"):
        address = f"http://127.0.0.1:{server.port}/v1/events?after=now"
        answer = httpx2.get(address, headers=bearing(token) | SSE, timeout=PATIENCE_S)
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_AT_ONCE")


def test_all_readers_of_an_account_may_come_back_at_once(app: App, server: Server) -> None:
    token = token_for(app, "follower", "service")
    asked = request("/v1/events?after=now", close=False).replace(
        bearing(AUDITOR)["Authorization"].encode(), f"Bearer {token}".encode()
    )
    asked = asked.replace(b"\r\n\r\n", b"\r\nAccept: text/event-stream\r\n\r\n")
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(server.connect())) for _ in range(150)]
        for client in clients:
            client.send(asked)
        assert {client.own.recv(12) for client in clients} == {b"HTTP/1.1 200"}


def test_streams_end_when_the_service_ends(app: App) -> None:
    token = token_for(app, "follower", "service")
    application = make_application(app)
    with served(application) as server, streamed(server, token, "/v1/events?after=now") as following:
        end_streams(application)
        with pytest.raises(EOFError):
            following()
