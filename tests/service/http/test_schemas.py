"""The schemas over HTTP: each at its `$id`, to those who may read what it describes, with a tag of its bytes."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from commands.menu import MENU
from service.access.gate import Bearer
from service.app import App
from service.http.application import make_application
from service.questions.question import Role
from service.questions.registry import QUESTIONS
from service.schemas.catalogue import Kind, catalogue
from tests.support.access import HeldTokens, bearing, client_of

ROLES: tuple[Role, ...] = get_args(Role)
SCOPES = {"merchant": "M-1", "buyer": "B-1"}


@pytest.fixture(scope="module")
def anybody(month_app: App) -> TestClient:
    bearers: dict[str, Bearer] = {role: Bearer(f"one-{role}", f"T-{role}", role, SCOPES.get(role)) for role in ROLES}
    return client_of(make_application(month_app, gate=HeldTokens(bearers)))


def index(client: TestClient, role: str) -> set[str]:
    entries: list[dict[str, Any]] = client.get("/v1/schemas", headers=bearing(role)).json()["schemas"]
    return {entry["address"] for entry in entries}


def test_a_schema_is_served_byte_for_byte_at_its_own_id(anybody: TestClient) -> None:
    for id, text in list(catalogue().items())[::40]:
        answer = anybody.get(id.address, headers=bearing("admin"))
        assert (answer.content, answer.json()["$id"]) == (text, id.address)


def test_an_admin_and_an_auditor_find_every_schema(anybody: TestClient) -> None:
    everything = {id.address for id in catalogue()}
    answers = {id.address for id in catalogue() if id.kind is Kind.ANSWERS}
    assert index(anybody, "admin") == everything
    assert everything - index(anybody, "auditor") <= answers


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_the_schemas_of_the_index_and_no_others(anybody: TestClient, role: str) -> None:
    listed = index(anybody, role)
    for id in list(catalogue())[::15]:
        status = anybody.get(id.address, headers=bearing(role)).status_code
        assert status == (200 if id.address in listed else 403), id.address


@pytest.mark.parametrize("role", ["merchant", "buyer"])
def test_a_role_from_outside_reads_the_schemas_of_what_it_may_ask_and_submit(anybody: TestClient, role: Any) -> None:
    questions = {name for name, each in QUESTIONS.items() if role in each.readers.any | each.readers.own}
    commands = {name for name, each in MENU.items() if role in each.authority.any | each.authority.own}
    expected = {f"/v1/schemas/answers/{name.replace(' ', '-')}" for name in questions}
    expected |= {f"/v1/schemas/commands/{name}" for name in commands}
    assert {each for each in index(anybody, role) if "/types/" not in each} == expected


@pytest.mark.parametrize("address", ["/v1/schemas", "/v1/schemas/types/money"])
def test_without_a_token_nothing_is_read(anybody: TestClient, address: str) -> None:
    assert anybody.get(address, headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize("address", ["/v1/schemas", "/v1/schemas/types/money"])
def test_a_schema_that_the_client_has_is_not_sent_again(anybody: TestClient, address: str) -> None:
    tag = anybody.get(address, headers=bearing("admin")).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = anybody.get(address, headers=bearing("admin") | {"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")


def test_a_schema_that_there_is_not_is_not_found(anybody: TestClient) -> None:
    answer = anybody.get("/v1/schemas/events/order.lost.v9", headers=bearing("admin"))
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
