"""A filter that asks for what nobody knows is refused at every address, by the name of the parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from service.app import App
from service.http.application import make_application
from service.questions.filters import FILTERS
from tests.support.access import reader_of

_PATH = {
    "order": "S1-000001",
    "merchant": "M-1001",
    "view": "merchant_balances",
    "kind": "types",
    "name": "money",
    "subscription": "no-subscription",
}
_NEEDED = {"difference": {"as_known_at": "2020-01-01T00:00:00Z"}, "search": {"q": "x"}}


def _asked() -> Iterator[tuple[str, str]]:
    paths: dict[str, Any] = make_application(cast(App, None)).openapi()["paths"]
    for path, methods in paths.items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["in"] == "query" and parameter["name"] in FILTERS and path != "/v1/proposals":
                yield path, parameter["name"]
    yield "/v1/proposals", "merchant"


ASKED = list(_asked())
_OPERATIONS: dict[str, Any] = make_application(cast(App, None)).openapi()["paths"]
READS = [path for path, methods in _OPERATIONS.items() if "get" in methods and path not in ("/healthz", "/readyz")]


@pytest.fixture(scope="module")
def client(month_app: App) -> Iterator[TestClient]:
    with reader_of(month_app) as client:
        yield client


@pytest.mark.parametrize(("path", "name"), ASKED)
def test_an_unknown_value_is_refused(client: TestClient, path: str, name: str) -> None:
    needed = _NEEDED.get(path.rpartition("/")[2], {})
    answer = client.get(path.format(**_PATH), params={name: "no-such", **needed})
    assert (answer.status_code, answer.json()["field"]) == (422, name)
    assert "no-such" in answer.json()["detail"]


@pytest.mark.parametrize("below", ["balance", "lines", "statements", "statements/1"])
def test_a_merchant_of_the_address_that_nobody_knows_is_not_found(client: TestClient, below: str) -> None:
    answer = client.get(f"/v1/merchants/M-9/{below}")
    assert (answer.status_code, "M-9" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("path", READS)
def test_a_parameter_that_an_address_does_not_know_is_refused_with_those_it_knows(
    client: TestClient, path: str
) -> None:
    answer = client.get(path.format(**_PATH, number=1, id="x"), params={"merchnt": "M-1001"})
    assert (answer.status_code, answer.json()["field"]) == (422, "merchnt")
    assert "Known are: " in answer.json()["detail"]


def test_a_parameter_given_twice_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/payouts?state=paid&state=failed")
    assert (answer.status_code, answer.json()["field"]) == (422, "state")
