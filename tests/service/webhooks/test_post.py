"""One POST to an endpoint: which addresses are called, and that no answer can hurt the sender."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from service.webhooks.post import Attempt, Post
from service.webhooks.reach import look_up
from tests.support.certificates import tls_of
from tests.support.endpoints import LOOPBACK, OK, Answer, answering, endpoint
from tests.support.services import PATIENCE_S

_DEADLINE_S = 0.5
_NOW = datetime(2025, 6, 1, tzinfo=UTC)


def _post(
    url: str,
    networks: Sequence[str] = LOOPBACK,
    *,
    tls: ssl.SSLContext | None = None,
    look_up: Callable[[str, int], Sequence[str]] = look_up,
    deadline_s: float = PATIENCE_S,
) -> Attempt:
    async def posted() -> Attempt:
        async with Post(networks, tls=tls, deadline_s=deadline_s, look_up=look_up) as post:
            return await post.post(url, '{"order":"№ 7"}', {"webhook-id": "evt_1"})

    return asyncio.run(posted())


def _never(connection: socket.socket) -> None:
    """Answers nothing until the client hangs up."""
    while connection.recv(1024):
        pass


def _for_ever(connection: socket.socket) -> None:
    """Sends a body without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def _slowly(connection: socket.socket) -> None:
    """Sends a status, and then a byte of the body now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
    _never(connection)


def test_an_endpoint_gets_the_body_and_the_headers_and_no_others_that_name_us() -> None:
    with endpoint(answering(OK)) as server:
        attempt = _post(server.url(path="/hook?a=1"))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert attempt.is_delivered
    assert body.decode() == '{"order":"№ 7"}'
    assert sorted(head.decode().split("\r\n")) == sorted(
        [
            "POST /hook?a=1 HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "Content-Type: application/cloudevents+json; charset=utf-8",
            "Content-Length: 17",
            "User-Agent: RedLedger",
            "webhook-id: evt_1",
        ]
    )


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_way_to_write_our_own_address_reaches_us(host: str, scheme: str) -> None:
    with endpoint(answering(OK)) as server:
        attempt = _post(server.url(host, scheme=scheme), networks=())
    assert "no address that may be called" in attempt.error
    assert server.requests == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "10.0.0.1", "fd00::1", "fe80::1%lo", "224.0.0.1"]
)
def test_a_name_of_a_private_address_is_not_called(address: str) -> None:
    attempt = _post("https://shop.example/hook", networks=(), look_up=lambda *_: [address])
    assert attempt.error == "shop.example has no address that may be called"


def test_a_name_that_changes_its_address_after_the_check_does_not_matter_because_there_is_one_lookup() -> None:
    lookups = []

    def rebound(host: str, _port: int) -> Sequence[str]:
        lookups.append(host)
        return ["127.0.0.1" if len(lookups) == 1 else "10.0.0.1"]

    with endpoint(answering(OK)) as server:
        assert _post(server.url("shop.example"), look_up=rebound).is_delivered
    assert lookups == ["shop.example"]


def test_plain_http_is_not_sent_to_the_internet() -> None:
    attempt = _post("http://shop.example/hook", look_up=lambda *_: ["93.184.215.14"])
    assert "no address that may be called" in attempt.error


def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    with endpoint(answering(OK)) as private:
        away = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {private.url()}\r\nContent-Length: 0\r\n\r\n"
        with endpoint(answering(away.encode())) as server:
            attempt = _post(server.url())
    assert (attempt.status, attempt.is_delivered, private.requests) == (307, False, [])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answering(b""), "Server disconnected without sending a response."),
        (answering(b"\x00\xff garbage\r\n\r\n"), "illegal status line"),
        (answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), "Receive buffer too long"),
        (answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "Server disconnected without sending a response."),
    ],
)
def test_an_answer_that_is_none_is_a_failure(answer: Answer, error: str) -> None:
    with endpoint(answer) as server:
        attempt = _post(server.url())
    assert (attempt.status, attempt.is_delivered) == (None, False)
    assert error in attempt.error


def test_no_answer_within_the_deadline_is_a_failure() -> None:
    with endpoint(_never) as server:
        attempt = _post(server.url(), deadline_s=_DEADLINE_S)
    assert (attempt.status, attempt.error) == (None, f"no answer within {_DEADLINE_S:g} s")


@pytest.mark.parametrize("answer", [_for_ever, _slowly])
def test_a_body_without_end_ends_with_the_deadline_and_the_status_counts(answer: Answer) -> None:
    with endpoint(answer) as server:
        began = monotonic()
        assert _post(server.url(), deadline_s=_DEADLINE_S).status == 200
    assert monotonic() - began < 10 * _DEADLINE_S


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path: Path) -> None:
    own, _ = tls_of("localhost", tmp_path)
    with endpoint(answering(OK), tls=own) as server:
        attempt = _post(server.url("localhost", scheme="https"))
    assert "CERTIFICATE_VERIFY_FAILED" in attempt.error
    assert server.requests == []


def test_a_certificate_of_another_host_is_a_failure(tmp_path: Path) -> None:
    own, trusting = tls_of("other.example", tmp_path)
    with endpoint(answering(OK), tls=own) as server:
        attempt = _post(server.url("localhost", scheme="https"), tls=trusting)
    assert "Hostname mismatch" in attempt.error


def test_the_certificate_is_that_of_the_name_though_its_address_is_called(tmp_path: Path) -> None:
    own, trusting = tls_of("shop.example", tmp_path)
    with endpoint(answering(OK), tls=own) as server:
        url = server.url("shop.example", scheme="https")
        assert _post(url, tls=trusting, look_up=lambda *_: ["127.0.0.1"]).is_delivered


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        ("soon", 0),
        ("-5", 0),
        ("٣", 0),
        ("Sun, 01 Jun 2025 00:10:00 GMT", 600),
        ("Sat, 31 May 2025 00:00:00 GMT", 0),
        ("Sun, 01 Jun 2025 00:10:00 -0000", 0),
        ("Mon, 01 Jun 99999 00:00:00 GMT", 0),
        ("31536000", 31_536_000),
        ("9" * 5000, 9_999_999_999),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(text: str | None, seconds: int) -> None:
    assert Attempt(0.0, 503, retry_after=text).retry_after_s(_NOW) == seconds


def test_what_asks_for_a_longer_time_than_there_is_fits_a_delay() -> None:
    assert timedelta(seconds=Attempt(0.0, 503, retry_after="9" * 5000).retry_after_s(_NOW)) > timedelta(days=365)


@pytest.mark.parametrize("raw", [b"204 No Content", b"299 Fine", b"199 Odd", b"410 Gone", b"500 Broken"])
def test_only_an_answer_from_200_to_299_is_a_success(raw: bytes) -> None:
    with endpoint(answering(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % raw)) as server:
        attempt = _post(server.url())
    assert attempt.is_delivered is raw.startswith(b"2")
    assert attempt.is_gone is raw.startswith(b"410")
