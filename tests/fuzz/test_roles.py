"""Every role at every address: a read or a command of another role is 403, whatever else is wrong with the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from pydantic_core import to_jsonable_python

from commands.menu import MENU
from ledger.events.access import AccountRole
from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from service.access.gate import Bearer
from service.app import open_app
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.http.document.command_schemas import OVER_HTTP
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.fuzz.facts import Facts
from tests.fuzz.values import ENVELOPE, Values
from tests.support.access import HeldTokens, bearing, client_of
from tests.support.buses import Clock
from tests.support.postgres import clone

ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
NOBODYS = {"merchant": "M-nobody", "buyer": "B-nobody"}  # a scope in which nothing is
PLACES = {"merchant": "M-1001", "order": "O-1", "number": "1", "id": "X-1"}
_POLICY = next(iter(default_policies()))
REFUSALS = {"ROLE_NOT_ALLOWED", "SCOPE_NOT_ALLOWED"}
SPECIAL: dict[str, dict[str, Any]] = {  # whose fields depend on each other
    "adopt_policy": {
        "key": _POLICY.key,
        "content": written(_POLICY.policy),
        "effective_from": "2025-04-01T00:00:00Z",
    },
    "create_subscription": {"subscription_id": "S", "account_id": "nobody"},
    "rotate_webhook_secret": {"subscription_id": "S", "secret": f"whsec_{'A' * 43}="},
    "rewind_subscription": {"subscription_id": "S", "book": 0, "position": 0},
    "post_fx_revaluation": {"period": "2025-04", "balances": [], "positions": {}},
}
NEEDED = {"as_known_at": "2025-04-01T00:00:00Z"}


@pytest.fixture(scope="module")
def client(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an empty ledger: who may ask does not depend on what there is."""
    bearers: dict[str, Bearer] = {
        role: Bearer(f"{role}-account", f"T-{role}", role, NOBODYS.get(role)) for role in ROLES
    }
    settings = Settings(database_url=clone(postgres, template, "roles"), data_dir=tmp_path_factory.mktemp("roles"))
    with open_app(settings, create=True) as app:
        app.catch_up()
        yield client_of(make_application(app, gate=HeldTokens(bearers)))


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_a_read_is_answered_to_the_roles_of_its_table_and_to_no_other(client: TestClient, question: Question) -> None:
    needed = [each for each in question.parameters if each.required and not question.names_in_path(each)]
    asked = {each.outside: NEEDED.get(each.name, "x") for each in needed}
    path = f"/v1{question.path}".format_map(PLACES | {each.name: "x" for each in question.parameters} | PLACES)
    answers = {role: client.get(path, params=asked, headers=bearing(role)) for role in ROLES}
    refused = {role for role, answer in answers.items() if answer.status_code == 403}
    assert refused == set(ROLES) - question.readers.any - question.readers.own
    assert {answers[role].json()["code"] for role in refused} <= {"ROLE_NOT_ALLOWED"}
    assert not {answer.status_code for answer in answers.values()} & {401, 500}


def _bodies(name: str) -> Iterator[dict[str, Any]]:
    """Bodies that the command takes, about things that nobody knows."""
    values = Values(Random(name), Facts(), Clock(datetime(2025, 4, 1, tzinfo=UTC)), odd=0.0)
    kind = MENU[name].command
    for _ in range(1000):
        drawn = to_jsonable_python(SPECIAL.get(name) or values.model(kind, {}, leave=ENVELOPE))
        with suppress(ValueError):
            kind.model_validate({"id": "c", "actor": {"kind": "system", "id": "x"}} | drawn)
            yield {"data": drawn}


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_command_is_decided_for_the_roles_of_its_table_and_for_no_other(client: TestClient, name: str) -> None:
    authority = MENU[name].authority

    def code(role: str, body: dict[str, Any]) -> str:
        headers = bearing(role) | {"Idempotency-Key": f"{name}-{role}"}
        answer = client.post(f"/v1/commands/{name}?dry_run=true", json=body, headers=headers)
        assert answer.status_code in (200, 403, 409), answer.text
        assert (answer.status_code == 403) == (answer.json().get("code") in REFUSALS)
        return str(answer.json().get("code"))

    body = next(each for each in _bodies(name) if code("admin", each) != "BOOK_UNKNOWN")
    found = {role: code(role, body) for role in ROLES}
    for role in ROLES:
        expected = "SCOPE_NOT_ALLOWED" if role in authority.own else "ROLE_NOT_ALLOWED"
        assert (found[role] if found[role] in REFUSALS else "") == ("" if role in authority.any else expected), role
