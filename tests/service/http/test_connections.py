"""Connections over real sockets: half-sent requests are dropped, slow readers too, and none holds up the others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvloop

from ledger.log.identity import Identity
from service.app import App
from service.formats.bodies import LONGEST_BYTES
from service.http.limits import LONGEST_HEAD, MOST_HEADERS, MOST_PARTS, Deadlines
from service.http.protocol import BoundedProtocol
from service.http.server import server_config
from service.settings import Settings
from tests.support.access import application_for_reads
from tests.support.http_server import Server, refused, request, served
from tests.support.services import until

HEALTH = request("/healthz", close=False)
ORDINARY = cast("Any", SimpleNamespace(identity=Identity("", 1, "Asia/Shanghai", datetime(2025, 4, 1, tzinfo=UTC))))
ABSENT = App(Settings(), ORDINARY, *[cast("Any", None)] * 3)


class Impatient(BoundedProtocol):
    """The protocol with deadlines that a test can wait for."""

    deadlines = Deadlines(head_s=0.3, body_s=0.3, answer_s=0.3, idle_s=1)


class Small(BoundedProtocol):
    """The protocol with few connections."""

    most_connections = 4


HOOKED = App(Settings(stripe_secret="whsec_tea"), ORDINARY, *[cast("Any", None)] * 3)


@pytest.fixture
def hasty() -> Iterator[Server]:
    """A server that waits for nobody."""
    with served(application_for_reads(HOOKED), Impatient) as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the deadlines that the service has."""
    with served(application_for_reads(HOOKED)) as server:
        yield server


def test_a_connection_that_says_nothing_is_dropped(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        assert refused(client.until_closed()) == (408, "REQUEST_TOO_SLOW")


def test_half_of_the_headers_is_not_waited_for(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: te")
        assert refused(client.until_closed()) == (408, "REQUEST_TOO_SLOW")


def test_headers_that_come_byte_by_byte_are_not_waited_for(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        client.drip(b"a")
        assert refused(client.until_closed()) == (408, "REQUEST_TOO_SLOW")


def test_half_of_a_body_is_not_waited_for(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.send(request("/webhooks/stripe", method="POST", length=1000) + b"{")
        assert refused(client.until_closed()) == (408, "REQUEST_TOO_SLOW")


def test_a_body_that_comes_byte_by_byte_is_not_waited_for(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.send(request("/webhooks/stripe", method="POST", length=1_000_000))
        client.drip(b" ")
        assert refused(client.until_closed()) == (408, "REQUEST_TOO_SLOW")


def test_a_body_that_nobody_asked_for_does_not_keep_the_connection(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.send(request("/healthz", length=1_000_000, close=False))
        assert client.answer() == (200, {"status": "alive"})
        client.drip(b" ")
        assert client.until_closed() == b""


def test_the_second_request_of_a_connection_has_the_same_deadline(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.send(HEALTH)
        assert client.answer()[0] == 200
        client.drip(b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 100_000)
        assert refused(client.until_closed()) == (408, "REQUEST_TOO_SLOW")


def test_an_idle_connection_is_closed_without_a_word() -> None:
    class Idle(Impatient):
        deadlines = replace(Impatient.deadlines, head_s=60.0)

    with served(application_for_reads(ABSENT), Idle) as server, closing(server.connect()) as client:
        client.send(HEALTH)
        assert client.answer()[0] == 200
        assert client.until_closed() == b""


def test_half_a_request_from_a_client_that_hangs_up_is_dropped_at_once() -> None:
    with served(application_for_reads(ABSENT)) as server, closing(server.connect()) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: te")
        client.own.shutdown(socket.SHUT_WR)
        assert client.until_closed() == b""


def test_a_client_that_does_not_read_is_dropped(hasty: Server) -> None:
    with closing(hasty.connect()) as client:
        client.own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(request("/openapi.json", close=False) * 100)
        until(lambda: not hasty.server_state.connections, what="the connection to be dropped")


def test_connections_beyond_the_limit_are_refused_and_the_others_answered() -> None:
    with served(application_for_reads(ABSENT), Small) as server, ExitStack() as stack:
        clients = [stack.enter_context(closing(server.connect())) for _ in range(Small.most_connections)]
        for client in clients:
            client.send(HEALTH)
            assert client.answer()[0] == 200
        assert refused(stack.enter_context(closing(server.connect())).until_closed()) == (503, "TOO_BUSY")
        clients[0].close()
        until(lambda: len(server.server_state.connections) < Small.most_connections, what="a place")
        assert server.ask("/healthz") == (200, {"status": "alive"})


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"hello\r\n\r\n", (400, "NOT_HTTP")),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", (400, "NOT_HTTP")),
        (b"GET /\x00 HTTP/1.1\r\nHost: t\r\n\r\n", (400, "NOT_HTTP")),
        (b"GET / HTTP/1.1\r\nHost: t\r\nX: a\x00b\r\n\r\n", (400, "NOT_HTTP")),
        (b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 2 * LONGEST_HEAD, (431, "HEADERS_TOO_LONG")),
        (request("/")[:-2] + b"X: a\r\n" * MOST_HEADERS + b"\r\n", (431, "HEADERS_TOO_LONG")),
        (request("/v1/balances?order=" + "a" * 17_000), (414, "ADDRESS_TOO_LONG")),
        (request("/v1/audit?order=%00"), (422, "INVALID_PARAMETER")),
        (request("/v1/audit?order=%ff"), (422, "INVALID_PARAMETER")),
        (request("/webhooks/stripe", method="POST", length=LONGEST_BYTES + 1), (413, "BODY_TOO_LONG")),
        (request("/webhooks/stripe", method="POST", length=10**18), (413, "BODY_TOO_LONG")),
        (request("/nowhere", method="BREW"), (404, "NOT_FOUND")),
        (request("/v1/balances", method="BREW"), (405, "METHOD_NOT_ALLOWED")),
    ],
)  # fmt: skip
def test_what_no_route_sees_is_refused_in_the_one_shape(server: Server, sent: bytes, expected: tuple[int, str]) -> None:
    with closing(server.connect()) as client:
        client.send(sent)
        assert refused(client.until_closed()) == expected


def test_a_body_of_no_stated_length_is_read_no_further_than_the_limit(server: Server) -> None:
    with closing(server.connect()) as client:
        head = b"POST /webhooks/stripe HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        client.send(head + f"{LONGEST_BYTES + 1:x}\r\n".encode() + b" " * (LONGEST_BYTES + 1) + b"\r\n0\r\n\r\n")
        assert refused(client.until_closed()) == (413, "BODY_TOO_LONG")


CHUNKED = b"POST /webhooks/stripe HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (CHUNKED + b"1\r\n \r\n" * (MOST_PARTS + 1), (413, "BODY_TOO_LONG")),
        (CHUNKED + b"7FFFFFFF\r\n" + b" " * (LONGEST_BYTES + 1), (413, "BODY_TOO_LONG")),
        (CHUNKED + b"-1\r\n{}\r\n", (400, "NOT_HTTP")),
        (CHUNKED + b"2;" + b"a" * 2 * LONGEST_HEAD, (431, "HEADERS_TOO_LONG")),
        (CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"a" * 2 * LONGEST_HEAD, (431, "HEADERS_TOO_LONG")),
        (CHUNKED.replace(b"chunked", b"gzip, chunked") + b"2\r\n{}\r\n0\r\n\r\n", (400, "NOT_HTTP")),
        (CHUNKED.replace(b"chunked", b"gzip") + b"{}", (400, "NOT_HTTP")),
        (CHUNKED.replace(b"Host", b"Content-Encoding: gzip\r\nHost"), (415, "BODY_ENCODED")),
        (request("/webhooks/stripe", method="POST", length=2)[:-2] + b"Content-Length: 3\r\n\r\n{}", (400, "NOT_HTTP")),
    ],
    ids=[
        "chunks of a byte", "a chunk without end", "a chunk of less than nothing", "a chunk's extension",
        "what follows the chunks", "chunks that are packed", "a packed stream", "a packed body", "two lengths",
    ],
)  # fmt: skip
def test_a_body_that_costs_more_than_it_says_is_refused(server: Server, sent: bytes, expected: tuple[int, str]) -> None:
    with closing(server.connect()) as client:
        with suppress(OSError):  # the server may have closed the connection before the end
            client.send(sent)
        assert refused(client.until_closed()) == expected


def test_the_chunks_of_each_request_are_counted_anew(server: Server) -> None:
    body = b"1\r\n \r\n" * (MOST_PARTS * 2 // 3) + b"0\r\n\r\n"
    with closing(server.connect()) as client:
        for _ in range(2):
            client.send(CHUNKED.replace(b"stripe", b"easypost").replace(b"Connection: close\r\n", b"") + body)
            assert client.answer()[0] == 404


def test_a_head_has_no_body(server: Server) -> None:
    with closing(server.connect()) as client:
        client.send(request("/healthz", method="HEAD"))
        head, _, body = client.until_closed().partition(b"\r\n\r\n")
        assert (head.split()[1], b"content-length: 18" in head.lower(), body) == (b"200", True, b"")


@pytest.mark.parametrize(
    ("target", "allowed"), [("/v1/balances", b"GET, HEAD, OPTIONS"), ("/webhooks/stripe", b"OPTIONS, POST")]
)
@pytest.mark.parametrize(("method", "status"), [("OPTIONS", b"204"), ("DELETE", b"405"), ("BREW", b"405")])
def test_other_methods_are_answered_with_those_there_are(
    server: Server, target: str, allowed: bytes, method: str, status: bytes
) -> None:
    with closing(server.connect()) as client:
        client.send(request(target, method=method))
        head = client.until_closed().partition(b"\r\n\r\n")[0]
        assert (head.split()[1], b"allow: " + allowed in head.replace(b"Allow", b"allow")) == (status, True)


def test_the_service_runs_on_the_fast_event_loop() -> None:
    assert server_config(application_for_reads(ABSENT)).get_loop_factory() is uvloop.new_event_loop
