"""Every answer has the id of its request, and so has every line of the log that is written for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from fastapi.testclient import TestClient

from service.access.token_text import CODE, new_token
from service.formats.bodies import LONGEST_BYTES
from service.http.application import make_application
from service.http.limits import LONGEST_HEAD, Deadlines
from service.http.protocol import BoundedProtocol
from service.http.request_ids import NamesRequest
from tests.service.http.test_connections import HOOKED, Impatient, Small
from tests.support.http_server import Server, request, served
from tests.support.services import until

CODE_SENT = {"code": new_token(CODE).text}  # its check meets a ledger that is not there: a fault, in a thread


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(make_application(HOOKED), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "status", "sent"),
    [
        ("GET", "/healthz", 200, {}),
        ("HEAD", "/healthz", 200, {}),
        ("GET", "/nowhere", 404, {}),
        ("DELETE", "/healthz", 405, {}),
        ("OPTIONS", "/healthz", 204, {}),
        ("GET", "/healthz?a=1&a=2", 422, {}),
        ("GET", "/" + "a" * 20_000, 414, {}),
        ("POST", "/v1/commands", 401, {}),
        ("POST", "/webhooks/stripe", 413, {"content": b" " * (LONGEST_BYTES + 1)}),
        ("POST", "/v1/tokens/exchange", 500, {"json": CODE_SENT}),
    ],
)
def test_every_answer_has_the_id_that_the_client_sent_or_a_new_one(
    client: TestClient, method: str, path: str, status: int, sent: dict[str, object]
) -> None:
    own = client.request(method, path, headers={"Request-Id": "order-17"}, **sent)  # type: ignore[arg-type]
    made = client.request(method, path, **sent)  # type: ignore[arg-type]
    assert (own.status_code, own.headers["request-id"], len(made.headers["request-id"])) == (status, "order-17", 32)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    class Hasty(BoundedProtocol):
        deadlines = Deadlines(head_s=5.0, body_s=0.2, answer_s=5.0)

    with served(make_application(HOOKED), Hasty) as server:
        yield server


def head_of(server: Server, sent: bytes) -> dict[str, str]:
    """The headers of the answer, with the status as `status`."""
    with closing(server.connect()) as client:
        client.send(sent)
        first, *lines = client.until_closed().partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return {"status": first.split()[1]} | {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nHost: t\r\nRequest-Id: a\r\nX: a\x00b\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"a" * 2 * LONGEST_HEAD, "431"),
        (request("/webhooks/stripe", method="POST", length=100) + b"{", "408"),
    ],
    ids=["not HTTP", "a header that is none", "headers too long", "half a body"],
)
def test_what_the_protocol_refuses_has_an_id_too(server: Server, sent: bytes, status: str) -> None:
    head = head_of(server, sent)
    assert (head["status"], len(head["request-id"])) == (status, 32)


def test_half_a_body_is_refused_under_the_id_that_its_client_sent(server: Server) -> None:
    sent = request("/webhooks/stripe", method="POST", length=100).replace(b"Host", b"Request-Id: order-17\r\nHost")
    assert head_of(server, sent + b"{")["request-id"] == "order-17"


@pytest.mark.parametrize("protocol", [Impatient, Small])
def test_a_connection_that_never_became_a_request_is_refused_with_an_id(protocol: type[BoundedProtocol]) -> None:
    class Full(protocol):  # type: ignore[valid-type, misc]
        most_connections = 0 if protocol is Small else 1

    with served(make_application(HOOKED), Full) as server:
        head = head_of(server, b"")
    assert (head["status"], len(head["request-id"])) == ("503" if protocol is Small else "408", 32)


def test_one_address_does_not_take_every_connection() -> None:
    class Shared(BoundedProtocol):
        most_of_address = 1

    with served(make_application(HOOKED), Shared) as server, closing(server.connect()) as first:
        first.send(request("/healthz", close=False))
        assert first.answer()[0] == 200
        head = head_of(server, b"")
        assert (head["status"], head["retry-after"]) == ("429", "1")
        first.close()
        until(lambda: not server.server_state.connections, what="the connection to end")
        assert server.ask("/healthz")[0] == 200


@contextmanager
def log() -> Iterator[list[str]]:
    """The lines of the log as `redledger up` writes them."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.addFilter(NamesRequest())
    handler.setFormatter(logging.Formatter("%(request)s%(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)


def test_a_line_that_is_logged_for_a_request_names_it_and_so_does_a_line_of_its_thread(client: TestClient) -> None:
    with log() as lines:
        client.post("/v1/tokens/exchange", json=CODE_SENT, headers={"Request-Id": "order-17"})
        logging.getLogger("beside").warning("later")
    named = [line for line in lines if line.startswith("request order-17: ")]
    assert {line.count("order-17") for line in named} == {1}
    assert [line for line in lines if line.endswith("later")] == ["later"]
