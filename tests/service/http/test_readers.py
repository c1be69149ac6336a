"""Readers: every question by every role, about its own and about another's, over HTTP too."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from service.access.gate import Bearer
from service.app import App
from service.failures import NotKnown, UnknownValue
from service.http.application import make_application
from service.http.routes.statements import STATEMENT
from service.questions.asked import answer_to
from service.questions.question import Question, Role
from service.questions.reader import Reader, RoleMayNotRead
from service.questions.registry import QUESTIONS
from tests.support.access import AUDITOR, HeldTokens, application_for_reads, bearing, client_of

ROLES: tuple[Role, ...] = get_args(Role)
ALL = (*QUESTIONS.values(), STATEMENT)
MERCHANTS_VALUES = {"own": "M-1", "another's": "M-2", "nobody's": None}


def _allowed(reader: Reader, question: Question, merchant: str | None) -> str:
    """The merchant that is asked about, or why nothing is asked."""
    values = {each.name: merchant if each.name == "merchant" else each.default for each in question.parameters}
    try:
        return str(reader.values_for(question, values).get("merchant"))
    except (RoleMayNotRead, NotKnown, UnknownValue) as refusal:
        return type(refusal).__name__


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.name)
def test_a_role_asks_exactly_what_the_table_says(question: Question) -> None:
    """Role × question × whose merchant."""
    filtered = "merchant" in {each.name for each in question.parameters}
    in_path = "{merchant}" in question.path
    for role, (whose, merchant) in product(ROLES, MERCHANTS_VALUES.items()):
        expected = str(merchant if filtered else None)
        if role not in question.readers.any | question.readers.own:
            expected = "RoleMayNotRead"
        elif role not in question.readers.any and role == "merchant" and filtered:
            expected = "M-1" if whose != "another's" else "NotKnown" if in_path else "UnknownValue"
        scope = {"merchant": "M-1", "buyer": "B-1"}.get(role)
        assert _allowed(Reader(role, scope), question, merchant) == expected, f"{role} about {whose}"


# Deliveries are those of one subscription, which another's merchant does not find: test_deliveries.py.
OF_ONE_THING = {"deliveries"}


def test_what_a_merchant_may_ask_names_its_merchant_or_is_one_thing() -> None:
    """Every list of the merchant has the filter that holds it to its own, or is about one thing of its own."""
    open_lists = [
        question.name
        for question in ALL
        if "merchant" in question.readers.own
        if question.is_list and question.name not in OF_ONE_THING
        if "merchant" not in {each.name for each in question.parameters}
    ]
    assert open_lists == []


@pytest.fixture(scope="module")
def two(month_app: App) -> list[str]:
    """Two merchants of the month that were paid."""
    rows = answer_to(QUESTIONS["payouts"], month_app, _values("payouts")).data
    return sorted({row.merchant for row in rows})[:2]


def _values(name: str, **given: Any) -> dict[str, Any]:
    question = QUESTIONS[name]
    return {each.name: given.get(each.name, each.default) for each in question.parameters}


@pytest.fixture(scope="module")
def client(month_app: App, two: list[str]) -> TestClient:
    with month_app.ledger.engine.connect() as connection:
        buyer = connection.exec_driver_sql(
            "SELECT payload::jsonb ->> 'buyer_ref' FROM log.events WHERE type = 'order.placed' ORDER BY 1 LIMIT 1"
        ).scalar_one()
    bearers = {
        "merchant": Bearer("mei", "T1", "merchant", two[0]),
        "buyer": Bearer("bo", "T2", "buyer", str(buyer)),
        "support": Bearer("sue", "T3", "support"),
        AUDITOR: Bearer("audrey", "T4", "auditor"),
    }
    return client_of(make_application(month_app, gate=HeldTokens(bearers)))


def test_a_merchant_reads_its_own_rows_only(client: TestClient, two: list[str]) -> None:
    everything = {row["merchant"] for row in client.get("/v1/payouts").json()["data"]}
    own = {row["merchant"] for row in client.get("/v1/payouts", headers=bearing("merchant")).json()["data"]}
    assert (own, set(two) <= everything) == ({two[0]}, True)


@pytest.mark.parametrize("path", ["/v1/merchants/{}/balance", "/v1/merchants/{}/statements"])
def test_another_merchant_is_not_found_like_one_that_does_not_exist(
    client: TestClient, two: list[str], path: str
) -> None:
    assert client.get(path.format(two[0]), headers=bearing("merchant")).status_code == 200
    other, unknown = (client.get(path.format(name), headers=bearing("merchant")) for name in (two[1], "M-none"))
    assert (other.status_code, other.json()["detail"].replace(two[1], "M-none")) == (404, unknown.json()["detail"])


def test_a_payout_of_another_is_not_found_like_one_that_does_not_exist(client: TestClient, two: list[str]) -> None:
    ids = {row["merchant"]: row["payout_id"] for row in client.get("/v1/payouts").json()["data"]}
    own, other, unknown = (
        client.get(f"/v1/payouts/{id}", headers=bearing("merchant")) for id in (ids[two[0]], ids[two[1]], "PO-none")
    )
    assert own.status_code == 200
    assert (other.status_code, other.json()["detail"].replace(ids[two[1]], "PO-none")) == (
        404,
        unknown.json()["detail"],
    )


def test_a_buyer_reads_its_own_orders_only(client: TestClient, month_app: App) -> None:
    with month_app.ledger.engine.connect() as connection:
        placed = connection.exec_driver_sql(
            "SELECT payload::jsonb ->> 'order_id', payload::jsonb ->> 'buyer_ref' FROM log.events"
            " WHERE type = 'order.placed' ORDER BY 2, 1"
        ).all()
    own, other = placed[0][0], placed[-1][0]
    assert client.get(f"/v1/orders/{own}/tracking", headers=bearing("buyer")).status_code == 200
    found, unknown = (client.get(f"/v1/orders/{id}/tracking", headers=bearing("buyer")) for id in (other, "O-none"))
    assert (found.status_code, found.json()["detail"].replace(other, "O-none")) == (404, unknown.json()["detail"])


def test_a_role_that_may_not_read_gets_403(client: TestClient) -> None:
    for path, token in (("/v1/balances", "support"), ("/v1/payouts", "buyer"), ("/v1/audit", "merchant")):
        answer = client.get(path, headers=bearing(token))
        assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_NOT_ALLOWED")


def test_a_token_that_opens_nothing_reads_nothing(client: TestClient) -> None:
    answer = client.get("/v1/balances", headers=bearing("wrong"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="redledger", error="invalid_token"'


OPEN = {
    ("get", "/healthz"),  # whether the process lives
    ("get", "/readyz"),  # whether it serves; without a figure or a name of the ledger's
    ("post", "/v1/tokens/exchange"),  # its body is a code that stands for a token
    ("post", "/webhooks/{sender}"),  # its body is signed
}


def test_nothing_is_open_without_a_token_but_health_signed_bodies_and_the_code_of_the_first_token(
    month_app: App,
) -> None:
    client = TestClient(application_for_reads(month_app))
    found = {
        (method, path): client.request(method, path)
        for path, methods in client.app.openapi()["paths"].items()  # type: ignore[attr-defined]
        for method in methods
    }
    assert {
        address
        for address, answer in found.items()
        if answer.status_code != 401 or answer.json()["code"] != "TOKEN_MISSING"
    } == OPEN
    assert {found[address].headers["www-authenticate"] for address in found.keys() - OPEN} == {
        'Bearer realm="redledger"'
    }
