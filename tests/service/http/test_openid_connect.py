"""OpenID Connect over HTTP: an issuer's token is the account of its subject, and one person with the account's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from service.access.issued_tokens import account_of_subject
from service.access.issuer_keys import FETCH_EVERY_S
from service.app import App, open_app
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.settings import Settings
from tests.support.access import bearing, token_for
from tests.support.issuer import AUDIENCE, LoopbackIssuer, running_issuer
from tests.support.postgres import clone

_NUMBERS = count(1)


class Office(NamedTuple):
    """A ledger that trusts an issuer, with the account of its subject `fay`."""

    app: App
    issuer: LoopbackIssuer
    client: TestClient
    account_id: str
    own_token: str

    def post(self, name: str, token: str, data: dict[str, Any]) -> Any:
        headers = bearing(token) | {"Idempotency-Key": f"k-{next(_NUMBERS)}"}
        return self.client.post(f"/v1/commands/{name}", json={"data": data}, headers=headers)


@pytest.fixture(scope="module")
def office(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_issuer() as issuer:
        settings = Settings(
            database_url=clone(postgres, template, "openid"),
            data_dir=tmp_path_factory.mktemp("openid"),
            oidc_issuer=issuer.url,
            oidc_audience=AUDIENCE,
            oidc_roles="finance=finance",
        )
        with open_app(settings, create=True) as app:
            account_id = account_of_subject(issuer.url, "fay")
            own_token = token_for(app, account_id, "finance")
            client = TestClient(make_application(app), raise_server_exceptions=False)
            yield Office(app, issuer, client, account_id, own_token)


def test_the_actor_of_a_command_is_the_account_of_the_subject(office: Office) -> None:
    answer = office.post("enrol_merchant", office.issuer.token(), {"merchant_id": "M-1"})
    data = answer.json()["data"]
    (row, *_) = office.app.ledger.reader.read(data["book"], data["first"] - 1, 1)
    assert json.loads(row.actor) == {"kind": "platform", "id": office.account_id, "role": "finance"}


def test_a_read_takes_the_token_of_the_issuer(office: Office) -> None:
    assert office.client.get("/v1/audit", headers=bearing(office.issuer.token())).status_code == 200


@pytest.mark.parametrize("first", ["issued", "own"])
def test_one_person_with_two_sorts_of_tokens_does_not_approve_the_own_proposal(office: Office, first: str) -> None:
    tokens = {"issued": office.issuer.token(), "own": office.own_token}
    second = next(name for name in tokens if name != first)
    closing = {"command": "close_period", "data": {"period": "2025-03"}, "reason": "month-end"}
    proposed = office.post("propose", tokens[first], {"proposal_id": f"close-{first}"} | closing)
    assert proposed.status_code == 200, proposed.text
    (row, *_) = office.app.ledger.reader.read(0, proposed.json()["data"]["first"] - 1, 1)
    approval = {"in_stream": row.stream, "proposal_id": f"close-{first}"}
    answer = office.post("approve_proposal", tokens[second], approval)
    assert (answer.status_code, answer.json()["code"]) == (409, "MAKER_IS_CHECKER")


def test_a_refused_token_is_challenged(office: Office) -> None:
    answer = office.client.get("/v1/audit", headers=bearing(office.issuer.token(aud="another")))
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REFUSED")
    assert "invalid_token" in answer.headers["www-authenticate"]
    assert "audience" in answer.json()["detail"].lower()


def test_an_account_is_opened_by_nobody_but_an_admin(office: Office) -> None:
    zoe, own = account_of_subject(office.issuer.url, "zoe"), office.issuer.token(sub="zoe")
    opening = {"account_id": zoe, "roles": ["finance"]}
    refusals = [office.post("open_access_account", token, opening) for token in (own, office.own_token)]
    assert [each.json()["code"] for each in refusals] == ["TOKEN_REFUSED", "ROLE_NOT_ALLOWED"]
    assert zoe in refusals[0].json()["detail"]
    admin = token_for(office.app, "ann", "admin")
    assert office.post("open_access_account", admin, opening).status_code == 200
    assert office.client.get("/v1/audit", headers=bearing(own)).status_code == 200


def test_an_issuer_that_does_not_answer_is_not_the_fault_of_the_token(office: Office) -> None:
    key = RSAKey.generate_key(2048)
    dead = "http://127.0.0.1:9"  # the port of the discard protocol, where nobody listens
    settings = replace(office.app.settings, oidc_issuer=dead)
    client = TestClient(make_application(replace(office.app, settings=settings)), raise_server_exceptions=False)
    answer = client.get("/v1/audit", headers=bearing(office.issuer.token(by=key, iss=dead)))
    assert (answer.status_code, answer.json()["code"]) == (503, "ISSUER_UNREACHABLE")
    assert FETCH_EVERY_S - 10 < int(answer.headers["retry-after"]) <= FETCH_EVERY_S


def test_without_the_settings_a_token_of_an_issuer_opens_nothing(office: Office) -> None:
    settings = replace(office.app.settings, oidc_issuer="")
    client = TestClient(make_application(replace(office.app, settings=settings)), raise_server_exceptions=False)
    asked = len(office.issuer.asked)
    answer = client.get("/v1/audit", headers=bearing(office.issuer.token()))
    assert (answer.status_code, answer.json()["code"], len(office.issuer.asked)) == (401, "TOKEN_REFUSED", asked)
