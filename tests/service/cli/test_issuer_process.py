"""A person signs in with an issuer that other people wrote, and is one account over HTTP and at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient

from service.access.issued_tokens import account_of_subject
from service.access.local_account import account_acting
from service.app import open_app
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import bearing, open_accounts
from tests.support.buses import Desk, publish_programme
from tests.support.issuer_process import CLIENT, issuer_process, sign_in_at, signed_in
from tests.support.postgres import clone
from tests.support.services import Running, until


class Office(NamedTuple):
    """A ledger that trusts the issuer, with the account of its subject `fay`."""

    settings: Settings
    url: str


@pytest.fixture(scope="module")
def office(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("issuer")
    with issuer_process(folder, fay=["finance"], zoe=["finance"]) as url:
        settings = Settings(
            database_url=clone(postgres, template, "issuer_process"),
            data_dir=folder / "data",
            oidc_issuer=url,
            oidc_audience=CLIENT,
            oidc_roles="finance=finance",
        )
        with open_app(settings) as app:
            publish_programme(Desk(app.ledger, app.clock))  # type: ignore[arg-type]
            open_accounts(app.bus, account_of_subject(url, "fay"))
        yield Office(settings, url)


def test_a_sign_in_acts_as_one_account_over_http_and_at_the_command_line(office: Office, run: Run) -> None:
    token, account = signed_in(office.url, "fay"), account_of_subject(office.url, "fay")
    trusted = ("--oidc-issuer", office.url, "--oidc-audience", CLIENT, "--oidc-roles", "finance=finance")
    named = replace(office.settings, token=token)
    assert run(named, "submit", "enrol_merchant", "merchant_id=M-1", *trusted).code == 0
    with open_app(office.settings) as app:
        client = TestClient(make_application(app), headers=bearing(token) | {"Idempotency-Key": "k"})
        answer = client.post("/v1/commands/enrol_merchant", json={"data": {"merchant_id": "M-2"}})
    assert answer.status_code == 200, answer.text
    rows = run(office.settings, "audit", "--actor", account, "--format", "json").data
    assert {row["merchant"] for row in rows} == {"M-1", "M-2"}


def test_a_person_signs_in_at_the_terminal_and_gets_the_token_alone(office: Office) -> None:
    settings = office.settings
    place = ("--database-url", settings.database_url, "--oidc-issuer", office.url, "--oidc-audience", CLIENT)
    waiting = Running(
        "token",
        "sign-in",
        *place,
        "--oidc-roles",
        "finance=finance",
        "--oidc-client-secret",
        "any",
        folder=settings.data_dir,
    )
    until(lambda: "\n" in waiting.err.partition("http://")[2], what="the address to open")
    page = next(line for line in waiting.err.splitlines() if line.startswith("http://"))
    sign_in_at(page, "fay")
    assert waiting.wait() == 0, waiting.err
    with open_app(settings) as app:
        assert account_acting(app, None, waiting.out.strip()).id == account_of_subject(office.url, "fay")


def test_a_person_who_signs_in_without_an_account_is_refused(office: Office) -> None:
    with open_app(office.settings) as app:
        client = TestClient(make_application(app), headers=bearing(signed_in(office.url, "zoe")))
        answer = client.get("/v1/audit")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REFUSED")
    assert account_of_subject(office.url, "zoe") in answer.json()["detail"]
