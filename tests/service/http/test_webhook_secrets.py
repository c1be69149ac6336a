"""Secrets of webhooks over HTTP: shown once, to those who may change the subscription."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from service.http.application import make_application
from tests.support.access import bearing, client_of, token_for
from tests.support.buses import open_desk, publish_programme
from tests.support.database_text import everything_in
from tests.support.shops import app_of
from tests.support.subscribers import subscribe

_PATH = "/v1/subscriptions/hook/webhook-secret"


class Office:
    """A ledger with one endpoint of fay's, served."""

    def __init__(self, client: TestClient, tokens: dict[str, str]) -> None:
        self._client, self._tokens = client, tokens

    def make(self, by: str, path: str = _PATH, **body: Any) -> Any:
        return self._client.post(path, json=body, headers=bearing(self._tokens[by]))


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        subscribe(desk, "hook", url="https://shop.example/hook")
        subscribe(desk, "leased")
        app = app_of(desk)
        tokens = {name: token_for(app, name, "finance") for name in ("fay", "finn")}
        tokens["ada"] = token_for(app, "ada", "admin")
        yield Office(client_of(make_application(app)), tokens)


def test_the_owner_and_an_admin_make_a_secret_that_signs(office: Office) -> None:
    secrets = [office.make(by).json()["data"]["secret"] for by in ("fay", "ada")]
    assert all(Webhook(secret) for secret in secrets)
    assert len(set(secrets)) == 2


def test_a_secret_is_shown_in_one_answer_that_nobody_keeps_and_stands_nowhere_in_clear(
    office: Office, database_url: str
) -> None:
    answer = office.make("fay")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["data"]["secret"].removeprefix("whsec_") not in everything_in(database_url)


def test_nobody_makes_a_secret_of_another_account(office: Office) -> None:
    answer = office.make("finn")
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("subscription", "code"), [("leased", "SUBSCRIPTION_WITHOUT_WEBHOOK"), ("nobodys", "SUBSCRIPTION_NOT_ACTIVE")]
)
def test_only_a_subscription_with_an_endpoint_has_a_secret(office: Office, subscription: str, code: str) -> None:
    answer = office.make("ada", f"/v1/subscriptions/{subscription}/webhook-secret")
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_an_overlap_of_more_than_a_week_is_refused(office: Office) -> None:
    assert office.make("fay", overlap_h=169).status_code == 422
