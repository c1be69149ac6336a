"""Every address answers HEAD as GET, OPTIONS with its methods, and every other method with 405 and `Allow`."""

from __future__ import annotations

from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from service.app import App
from service.settings import Settings
from tests.service.http.test_connections import ORDINARY
from tests.service.http.test_openapi import DOCUMENT
from tests.support.access import reader_of

_UNLISTED: dict[str, set[str]] = {path: {"GET"} for path in ("/", "/docs", "/openapi.json")}
METHODS = _UNLISTED | {path: {method.upper() for method in methods} for path, methods in DOCUMENT["paths"].items()}
UNOPENED = reader_of(App(Settings(), ORDINARY, *[cast("Any", None)] * 3))


def _allowed(methods: set[str]) -> str:
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))


@pytest.mark.parametrize("path", METHODS)
def test_options_names_the_methods(path: str) -> None:
    answer = UNOPENED.options(path)
    assert (answer.status_code, answer.headers["Allow"]) == (204, _allowed(METHODS[path]))


@pytest.mark.parametrize("path", METHODS)
def test_every_other_method_is_answered_with_those_there_are(path: str) -> None:
    others = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - set(
        _allowed(METHODS[path]).split(", ")
    )
    for method in others:
        answer = UNOPENED.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, _allowed(METHODS[path])), method


def test_a_head_of_every_address_is_answered_as_its_get_without_a_body(client: TestClient) -> None:
    for path in (path for path, methods in METHODS.items() if "GET" in methods):
        names = {"kind": "types", "name": "money", "view": "payouts", "subscription": "S-1"}
        asked = path.format(merchant="M-1001", order="O-1", number=1, id="PO-1", **names)
        head, got = client.head(asked), client.get(asked)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["Content-Type"] == got.headers["Content-Type"], path


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/v1/audit?order=a&order=b", "order"),
        ("/v1/audit?order=a&order=a", "order"),
        ("/v1/audit?order=a&%6frder=b", "order"),
        ("/v1/balances?as_of=&as_of=2025-04-01", "as_of"),
        ("/v1/sales?nobodys=1&nobodys=2", "nobodys"),
        ("/v1/approvals?at_least&at_least=", "at_least"),
    ],
)
def test_a_parameter_that_stands_twice_is_refused(target: str, field: str) -> None:
    """Which of two values is meant nobody can say."""
    answer = UNOPENED.get(target)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize(
    "target",
    ["/v1/orders/a%2fb/tracking", "/v1/orders/..%2f..%2fbalances/tracking", "/v1/merchants/%2e%2e%2f/balance", "/%2e"],
)
def test_an_id_with_a_slash_is_of_nothing(target: str) -> None:
    answer = UNOPENED.get(target)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
