"""The first start: a code, which is exchanged over HTTP for the first access token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.access.gate import Gate
from service.access.tokens import first_code
from service.app import App, open_app
from service.http.application import make_application
from service.settings import Settings


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    with open_app(settings, create=True) as app:
        yield app


def test_a_code_is_exchanged_for_a_token_once(app: App) -> None:
    client, code = TestClient(make_application(app)), {"code": first_code(app)}
    answer = client.post("/v1/tokens/exchange", json=code)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert Gate(app).bearer_of(answer.json()["data"]["token"]).role == "admin"
    again = client.post("/v1/tokens/exchange", json=code)
    assert (again.status_code, again.json()["code"]) == (409, "ACCESS_TOKEN_EXISTS")
    wrong = client.post("/v1/tokens/exchange", json={"code": "rlc_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "TOKEN_REFUSED")
