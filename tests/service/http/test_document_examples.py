"""The examples of the OpenAPI document, sent in their order to a new ledger: each gets the status that it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.app import App, open_app
from service.http.application import make_application
from service.http.document.examples import EXAMPLES, Example
from service.settings import Settings
from tests.service.http.test_openapi import DOCUMENT
from tests.support.access import bearing, token_for

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    one["operationId"]: (path, method, one)
    for path, methods in DOCUMENT["paths"].items()
    for method, one in methods.items()
}
MAIN = {"enrol_merchant", "submit_commands", "place_order", "report_payment_captured", "balance", "track", "audit"}


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    with open_app(settings, create=True) as app:
        yield app


def send(client: TestClient, example: Example, token: str) -> Any:
    """The answer to an example, sent where the document says."""
    path, method, operation = OPERATIONS[example.operation]
    given: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": bearing(token)}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.values:
            given[parameter["in"]][parameter["name"]] = example.values[parameter["name"]]
    assert sum(map(len, given.values())) == len(example.values) + 1, f"{example} has values that the document has not"
    return client.request(
        method, path.format(**given["path"]), params=given["query"], headers=given["header"], json=example.body
    )


def test_every_example_gets_the_status_that_it_names(app: App) -> None:
    token = token_for(app, "ann", "admin")
    client = TestClient(make_application(app), raise_server_exceptions=False)
    for example in EXAMPLES:
        answer = send(client, example, token)
        app.catch_up()
        assert answer.status_code == example.status, f"{example.says}: {answer.text}"
        assert set(example.headers) <= {name.title() for name in answer.headers}, example.says
        if isinstance(batch := answer.json().get("data"), list) and example.operation == "submit_commands":
            assert {each["status"] for each in batch} == {200}, batch


def test_the_main_routes_have_examples_in_the_document() -> None:
    shown = {
        name
        for name, (_, _, one) in OPERATIONS.items()
        if one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples")
        or any("example" in parameter for parameter in one.get("parameters", ()))
    }
    assert shown >= MAIN
    assert shown >= {example.operation for example in EXAMPLES if example.body is not None}
