"""Signed bodies of every odd shape: kept for people or refused, never a fault, and none is guessed at."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from ledger.ids import unmatched_stream
from service.app import App
from service.http.routes.webhooks import SENDERS
from service.settings import Settings
from service.views.follower import following
from tests.service.http.test_connections import ORDINARY
from tests.service.http.test_hostile_requests import ADYEN, BODIES, SECRETS
from tests.service.http.test_openapi import DOCUMENT
from tests.service.http.test_payment_webhooks import notification
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.shops import app_of

STRIPE = {
    "id": "evt_1", "type": "charge.captured", "created": 1743494400,
    "data": {
        "object": {
            "object": "charge", "id": "ch_1", "captured": True, "amount": 1944, "currency": "usd",
            "payment_intent": "pi_1", "metadata": {"merchant_id": "M-1", "order_id": "O-1"},
        }
    },
}  # fmt: skip
AFTERSHIP = {
    "event_id": "e1",
    "msg": {
        "tracking_number": "SFO-1",
        "checkpoints": [
            {"tag": "InTransit", "subtag": "InTransit_004", "checkpoint_time": "2025-04-01T08:00:00+00:00"}
        ],
    },
}  # fmt: skip
EASYPOST = {
    "id": "evt_1", "description": "tracker.updated",
    "result": {
        "object": "Tracker", "id": "trk_1", "tracking_code": "SFO-1", "carrier": "USPS",
        "tracking_details": [
            {"status": "in_transit", "status_detail": "arrived_at_facility", "datetime": "2025-04-01T08:00:00Z"}
        ],
    },
}  # fmt: skip
SENT: dict[str, Any] = {"stripe": STRIPE, "aftership": AFTERSHIP, "easypost": EASYPOST}

# Texts that take the place of a string of a body, as JSON writes them.
TEXTS = {
    "exponent": "1e400", "negative zero": "-0", "fraction": "-0.0", "huge": "1" + "0" * 400, "beyond int8": str(2**64),
    "long": '"' + "x" * 900_000 + '"', "NUL": r'"a\u0000b"', "half a pair": r'"\ud800"', "pair": r'"\ud83d\ude00"',
    "controls": r'"\u001b[2J\u0085\u202e"', "list": "[[[]]]", "object": '{"id": {"id": {"id": 1}}}',
    "trailing comma": "[1,]", "60 deep": '{"id":' * 60 + "1" + "}" * 60, "null": "null", "false": "false",
    "empty": '""',
}  # fmt: skip


def _stripe(body: bytes, now: datetime) -> dict[str, str]:
    stamp = int(now.timestamp())
    key = SECRETS["stripe_secret"].encode()
    return {
        "stripe-signature": f"t={stamp},v1={hmac.new(key, f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"
    }


def _aftership(body: bytes, _now: datetime) -> dict[str, str]:
    key = SECRETS["aftership_secret"].encode()
    return {"aftership-hmac-sha256": b64encode(hmac.digest(key, body, hashlib.sha256)).decode()}


def _easypost(body: bytes, _now: datetime) -> dict[str, str]:
    key = SECRETS["easypost_secret"].encode()
    return {"x-hmac-signature": f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"}


SIGNED: Mapping[str, Callable[[bytes, datetime], dict[str, str]]] = {
    "stripe": _stripe,
    "aftership": _aftership,
    "easypost": _easypost,
}
STATUSES = {int(status) for status in DOCUMENT["paths"]["/webhooks/{sender}"]["post"]["responses"]}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        desk.clock.now = datetime(2025, 4, 1, 9, tzinfo=UTC)
        yield desk


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    app = replace(app_of(desk), settings=Settings(**SECRETS))
    app.catch_up()
    with following(desk.ledger), reader_of(app) as client:
        yield client


@pytest.fixture
def unopened() -> TestClient:
    """A service that knows every secret, and no ledger: nothing is to be recorded."""
    app = App(Settings(**SECRETS), ORDINARY, *[cast("Any", None)] * 3)
    return reader_of(app)


def deliver(client: TestClient, desk: Desk, sender: str, body: bytes) -> Any:
    headers = SIGNED[sender](body, desk.clock.now) if sender in SIGNED else {}
    return client.post(f"/webhooks/{sender}", content=body, headers=headers)


def odd_bodies(reported: Any) -> Iterator[tuple[str, bytes]]:
    """The body with each of its values, one after the other, taken for two of the odd texts, in turn."""
    whole, texts = json.dumps(reported), cycle(TEXTS.items())
    for path in _paths(reported):
        marked = json.dumps(_with(reported, path, "\x01"))
        for what, text in islice(texts, 2):
            yield f"{'.'.join(map(str, path))} = {what}", marked.replace('"\\u0001"', text).encode()
    yield "byte order mark", b"\xef\xbb\xbf" + whole.encode()
    yield "UTF-16", whole.encode("utf-16")
    yield "trailing garbage", whole.encode() + b" x"
    yield "two bodies", whole.encode() * 2


def _paths(value: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in parts:
        yield (*above, name)
        yield from _paths(inner, *above, name)


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copied = value.copy()
    copied[path[0]] = _with(value[path[0]], path[1:], odd)
    return copied


def test_no_signed_body_of_an_odd_shape_is_a_fault(client: TestClient, desk: Desk) -> None:
    found, statuses = {}, Counter[int]()
    for sender, reported in SENT.items():
        for what, body in [*BODIES.items(), *odd_bodies(reported)]:
            answer = deliver(client, desk, sender, body)
            statuses[answer.status_code] += 1
            if answer.status_code >= 500 or answer.status_code not in STATUSES or "fault" in answer.text:
                found[f"{sender} {what}"] = answer.text[:200]
    assert found == {}
    assert statuses[200] > statuses.total() // 2


def test_a_body_that_says_a_thing_twice_waits_for_people(client: TestClient, desk: Desk) -> None:
    """Which of the two is meant nobody can say: readers of JSON differ in which they take."""
    for sender, reported in SENT.items():
        whole = json.dumps(reported)
        body = whole.replace('"id"', '"id": "other", "id"', 1).replace('"tag"', '"tag": "Delivered", "tag"', 1).encode()
        answer = deliver(client, desk, sender, body)
        assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, {"recorded": 1})
        reference = hashlib.sha256(body).hexdigest()[:32]
        assert list(desk.ledger.reader.read_stream(0, unmatched_stream(sender, reference))), sender


def test_no_notification_of_an_odd_shape_is_a_fault(unopened: TestClient) -> None:
    answers = [unopened.post("/webhooks/adyen", content=body).status_code for _, body in odd_bodies(ADYEN)]
    assert set(answers) <= {401, 413}


def test_a_signed_notification_that_says_a_thing_twice_is_not_read(unopened: TestClient) -> None:
    body = notification(SECRETS["adyen_secret"]).replace(b'"success": "true"', b'"success": "false", "success": "true"')
    assert unopened.post("/webhooks/adyen", content=body).status_code == 401


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "\x1bé"])
@pytest.mark.parametrize("sender", SENDERS)
def test_no_encoded_body_is_unpacked(unopened: TestClient, sender: str, encoding: str) -> None:
    headers = [(b"content-encoding", encoding.encode("latin-1"))]
    answer = unopened.post(f"/webhooks/{sender}", content=b"\x1f\x8b", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "BODY_ENCODED")
