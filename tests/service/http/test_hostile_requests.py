"""Every parameter of every route with every hostile value: a refusal or an answer, never a fault, always one shape."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from service.app import App
from service.formats.bodies import LONGEST_BYTES
from service.http.application import make_application
from service.http.routes.webhooks import SENDERS
from tests.support.access import reader_of

# Percent-encoded as they go over the wire: some are not UTF-8.
VALUES = {
    "NUL": "a%00b", "newline": "a%0ab", "escape": "%1b%5b2J", "DEL": "%7f", "NEL": "%c2%85",
    "not UTF-8": "%ff%fe", "half a pair": "%ed%a0%80", "overlong": "%c0%80", "cut off": "%e4%bd",
    "bare percent": "%zz",
    "right to left": "%e2%80%ae", "emoji": "%f0%9f%98%80", "blank": "%20", "empty": "", "quote": "'%22%3b--",
    "wildcard": "%25_",
    "braces": "%7b%7d", "up": "..%2f..%2f", "long": "9" * 300, "very long": "x" * 5000,
    "int8 + 1": "9223372036854775808", "int8": "9223372036854775807", "int4 + 1": "2147483648", "negative": "-1",
    "int8 - 1": "-9223372036854775809", "exponent": "1e9", "float": "1.5", "underscore": "1_000",
    "other digits": "%d9%a1%d9%a2", "plus": "%2b7", "NaN": "nan", "infinite": "-inf", "true": "true",
    "year 1": "0001-01-01", "year 0": "0000-01-01", "year 1999": "1999-12-31", "year 9999": "9999-12-31",
    "year 10000": "10000-01-01", "no day": "2025-02-30", "week": "2025-W27-4", "compact": "20250630",
    "seconds": "1735689600",
    "instant 1": "0001-01-01T00:00:00%2b14:00", "instant 9999": "9999-12-31T23:59:59-14:00",
    "instant before": "1999-12-31T23:59:59Z", "instant to come": "9999-12-31T23:59:59%2b14:00",
    "far offset": "2025-07-03T08:00:00%2b23:59",
    "no zone": "2025-07-03T08:00:00", "leap second": "2016-12-31T23:59:60Z", "list": "%5b1%2c2%5d",
    "object": "%7b%22a%22%3a1%7d",}  # fmt: skip

# One of each sort that has failed somewhere.
SHARP = (
    "NUL", "not UTF-8", "half a pair", "empty", "quote", "very long", "int8 + 1", "int8", "negative", "NaN",
    "year 1", "year 9999", "instant 1", "instant to come", "far offset", "no zone", "object",
)  # fmt: skip

SECRETS: dict[str, Any] = {
    "stripe_secret": "whsec_tea",
    "adyen_secret": "ab" * 32,
    "aftership_secret": "tea",
    "easypost_secret": "tea",
}
DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES: dict[str, bytes] = {
    "empty": b"", "NUL": b"\0", "not JSON": b"hello", "null": b"null", "true": b"true", "number": b"1",
    "text": b'"a"',
    "list": b"[]", "list of scalars": b"[1, null, []]", "object": b"{}", "deep list": DEEP,
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "150 deep": b'{"msg":' * 150 + b"{}" + b"}" * 150,
    "not UTF-8": b'{"a": "\xff"}', "half a pair": b'{"a": "\\ud800"}', "twice": b'{"a": 1, "a": [2]}',
    "huge number": b'{"created": 1' + b"0" * 4000 + b"}", "beyond reading": b"1" * 5000, "NaN": b'{"a": NaN}',
    "infinite": b'{"created": 1e999}',
    "byte order mark": b"\xef\xbb\xbf{}", "UTF-16": "{}".encode("utf-16"), "form": b"a=1&b=2", "XML": b"<a/>",
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "too long": b" " * (LONGEST_BYTES + 1),}  # fmt: skip
# What takes the place of each value of a body that its sender would send.
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    10**4000,
    1.5,
    "",
    "a\0b",
    "x" * 10_000,
    [],
    [[]],
    {},
    [1],
    {"a": {"b": []}},
)

OPERATIONS = [
    (path, operation.get("parameters", ()))
    for path, methods in make_application(cast(App, None)).openapi()["paths"].items()
    for method, operation in methods.items()
    if method == "get"
]


def _addresses(values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each parameter with each value, the others as they should be; each once more as one that nobody asked for."""
    for path, parameters in OPERATIONS:
        for parameter in [*parameters, {"name": "nobodys", "in": "query"}]:
            if parameter["in"] == "header":
                continue
            for what, value in values.items():
                yield path, f"{parameter['name']} = {what}", _address(path, parameters, parameter, value)


def _address(path: str, parameters: Any, hostile: Any, value: str) -> str:
    query = {hostile["name"]: value} if hostile["in"] == "query" else {}
    for parameter in parameters:
        given = value if parameter["name"] == hostile["name"] else "1"
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", given)
        elif parameter.get("required"):
            query.setdefault(parameter["name"], quote("2025-04-01T00:00:00Z"))
    return path + "?" + "&".join(f"{name}={text}" for name, text in query.items())


def _trouble(answer: Any) -> str:
    """Returns the error of an answer, or nothing if the answer is allowed."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 400 and set(answer.json()) - {"field"} != {"type", "title", "status", "detail", "code"}:
        return f"another shape: {answer.text[:200]}"
    return "" if answer.status_code == 200 or answer.status_code >= 400 else f"{answer.status_code}"


def _walk(client: TestClient, path: str, values: dict[str, str]) -> None:
    cases = [(what, address) for of, what, address in _addresses(values) if of == path]
    assert len(cases) >= len(values)
    found = {what: trouble for what, address in cases if (trouble := _trouble(client.get(address)))}
    assert found == {}


@pytest.mark.parametrize("path", [path for path, _ in OPERATIONS])
def test_no_sharp_value_of_any_parameter_is_a_fault(client: TestClient, path: str) -> None:
    _walk(client, path, {what: VALUES[what] for what in SHARP})


@pytest.mark.histories
@pytest.mark.parametrize("path", [path for path, _ in OPERATIONS])
def test_no_value_of_any_parameter_is_a_fault(client: TestClient, path: str) -> None:
    _walk(client, path, VALUES)


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/v1/audit?order=a%00b", "order"),
        ("/v1/exceptions?kind=a%0ab", "kind"),
        ("/v1/merchants/a%00b/balance", "merchant"),
        ("/v1/orders/a%7fb/history", "order"),
        ("/v1/balances?as_of=0001-01-01", "as_of"),
        ("/v1/sales?from=1999-12-31", "from"),
        ("/v1/books/periods?as_known_at=9999-12-31T23:59:59Z", "as_known_at"),
        ("/v1/merchants/M-1001/statements?as_known_at=9999-12-31T23:59:59Z", "as_known_at"),
        ("/v1/audit?since=2025-07-03T08:00:00%2b14:01", "since"),
        ("/v1/merchants/M-1001/lines?after=9223372036854775808", "after"),
        ("/v1/merchants/M-1001/lines?limit=1_0", "limit"),
        ("/v1/books/reconciliation?grace_days=99999999999", "grace_days"),
        ("/v1/audit?merchant=%ff", "query"),
        ("/v1/merchants/%ff/balance", "path"),
    ],
)
def test_the_refusal_names_the_parameter(client: TestClient, address: str, field: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize(
    "header", ["\x7f", "a\tb", "zz;q=nan", "en;q=1e999", "," * 5000, "-", "é", "zh-" * 80, "x" * 9000]
)
def test_no_language_is_a_fault(client: TestClient, header: str) -> None:
    answer = client.get("/v1/orders/O-1/tracking", headers=[(b"accept-language", header.encode("latin-1"))])
    assert not _trouble(answer)


def _hooked(app: App) -> TestClient:
    """A client of a service that knows every sender's secret."""
    settings = replace(app.settings, **SECRETS)
    return reader_of(replace(app, settings=settings))


@pytest.mark.parametrize("sender", SENDERS)
def test_no_unsigned_body_is_a_fault(month_app: App, sender: str) -> None:
    client = _hooked(month_app)
    types = (b"application/json", b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b"\xff")
    answers = {
        (name, type): client.post(f"/webhooks/{sender}", content=body, headers=[(b"content-type", type)])
        for name, body in BODIES.items()
        for type in types[: None if name == "object" else 1]
    }
    assert {key: trouble for key, answer in answers.items() if (trouble := _trouble(answer))} == {}
    assert {answer.status_code for answer in answers.values()} <= {401, 413, 422}
    challenges = {each.headers["www-authenticate"] for each in answers.values() if each.status_code == 401}
    assert challenges == {'HMAC-SHA256 realm="webhooks"'}


def _altered(value: Any) -> Iterator[Any]:
    """The value with each part of it, one after the other, taken for something odd."""
    yield from ODD
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: odd} for odd in _altered(inner))
            yield {key: other for key, other in value.items() if key != name}
    elif isinstance(value, list) and value:
        yield from ([odd, *value[1:]] for odd in _altered(value[0]))


ADYEN = {
    "notificationItems": [
        {
            "NotificationRequestItem": {
                "additionalData": {"hmacSignature": "eA=="}, "amount": {"value": 1130, "currency": "EUR"},
                "pspReference": "7914073381342284", "eventCode": "AUTHORISATION", "success": "true",
                "merchantReference": "T-1", "eventDate": "2025-04-01T10:00:00+02:00",
            }
        }
    ]
}  # fmt: skip


def test_no_odd_value_in_an_unsigned_notification_is_a_fault(month_app: App) -> None:
    client, seen = _hooked(month_app), Counter[int]()
    for body in _altered(ADYEN):
        with_huge_numbers = _json(body)
        answer = client.post("/webhooks/adyen", content=with_huge_numbers)
        assert not _trouble(answer), with_huge_numbers[:300]
        seen[answer.status_code] += 1
    assert seen.keys() == {401}


def _json(body: Any) -> bytes:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(body).encode()
    finally:
        sys.set_int_max_str_digits(limit)
