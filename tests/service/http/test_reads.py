"""Reads over HTTP: what they hold, the token they are of, and one shape for every error."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from ledger.log.cursor import Cursor
from projections.engine.views import Views
from projections.registry import PROJECTIONS
from service.app import App, open_app
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.support.access import reader_of
from tests.support.buses import PLATFORM, open_desk

FindOrder = Callable[[str], str]


def _json(client: TestClient, address: str, **parameters: Any) -> Any:
    answer = client.get(address, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _error(client: TestClient, address: str, **parameters: Any) -> tuple[int, str]:
    answer = client.get(address, params=parameters)
    problem = answer.json()
    assert problem["detail"]
    return answer.status_code, problem["code"]


def test_balances_and_the_balance_of_one_merchant_agree(client: TestClient) -> None:
    merchants = _json(client, "/v1/balances")["data"]
    one = merchants[0]
    assert _json(client, f"/v1/merchants/{one['merchant']}/balance")["data"] == one


def test_the_lines_of_a_merchant_lead_to_its_balance(client: TestClient) -> None:
    balance = next(b for b in _json(client, "/v1/balances")["data"] if b["paid"]["amount"] != "0.00")
    lines = _json(client, f"/v1/merchants/{balance['merchant']}/lines", limit=1000)["data"]
    pending = [Decimal(line["running"]["amount"]) for line in lines if line["account"] == "2110"]
    assert -pending[-1] == Decimal(balance["pending"]["amount"])


def test_the_trial_balance_is_zero(client: TestClient) -> None:
    trial = _json(client, "/v1/books/trial-balance")["data"]
    assert trial["total"] == {"amount": "0.00", "currency": "CNY"}
    assert len(trial["accounts"]) > 5


def test_the_audit_trail_page_by_page_is_the_whole_without_repeats(client: TestClient, month_app: App) -> None:
    seen: list[tuple[int, int]] = []
    after: dict[str, str] = {}
    while True:
        page = _json(client, "/v1/audit", limit=150, **after)
        seen += [(row["book"], row["position"]) for row in page["data"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) == sum(month_app.ledger.reader.heads().values())


def test_the_audit_trail_of_an_order_is_its_history(client: TestClient, an_order: FindOrder) -> None:
    order = an_order("settlement.released")
    events = [row["event"] for row in _json(client, "/v1/audit", order=order, limit=1000)["data"]]
    assert events == [step["type"] for step in _json(client, f"/v1/orders/{order}/history")["data"]]


def test_tracking_shows_a_buyer_no_renminbi_and_no_other_buyer(client: TestClient, an_order: FindOrder) -> None:
    answer = client.get(f"/v1/orders/{an_order('parcel.signed_for')}/tracking")
    assert answer.json()["data"]["parcels"][0]["milestone"] == "signed_for"
    assert "CNY" not in answer.text
    assert "buyer_ref" not in answer.text


def test_an_answer_has_the_token_of_the_positions_it_is_of(client: TestClient, month_app: App) -> None:
    token = _json(client, "/v1/balances")["position"]
    positions = Cursor.parse(token, month_app.ledger.identity).positions
    assert positions == {book: head for book, head in month_app.ledger.reader.heads().items() if head}


def test_a_read_that_is_asked_for_what_is_folded_answers(client: TestClient) -> None:
    token = _json(client, "/v1/status")["position"]
    assert _json(client, "/v1/balances", at_least=token)["position"] == token


@pytest.mark.parametrize(
    ("address", "parameters", "expected"),
    [
        ("/nowhere", {}, (404, "NOT_FOUND")),
        ("/v1/merchants/M-nobody/balance", {}, (404, "NOT_FOUND")),
        ("/v1/orders/O-nowhere/tracking", {}, (404, "NOT_FOUND")),
        ("/v1/orders/O-nowhere/history", {}, (404, "NOT_FOUND")),
        ("/v1/balances", {"at_least": "no token"}, (422, "POSITION_UNUSABLE")),
        ("/v1/balances", {"as_of": "yesterday"}, (422, "INVALID_PARAMETER")),
        ("/v1/balances", {"as_known_at": "2025-04-01T08:00:00"}, (422, "INVALID_PARAMETER")),
        ("/v1/balances", {"as_known_at": "2999-04-01T08:00:00Z"}, (422, "INVALID_PARAMETER")),
        ("/v1/audit", {"after": "no cursor"}, (422, "INVALID_PARAMETER")),
        ("/v1/audit", {"limit": 0}, (422, "INVALID_PARAMETER")),
        ("/v1/audit", {"limit": 100_000}, (422, "INVALID_PARAMETER")),
    ],
)
def test_every_error_has_a_code_and_a_sentence(
    client: TestClient, address: str, parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert _error(client, address, **parameters) == expected


def test_a_method_that_an_address_does_not_know_is_an_error_of_the_same_shape(client: TestClient) -> None:
    answer = client.post("/v1/balances")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_token_of_another_ledger_is_unusable(client: TestClient, month_app: App) -> None:
    other = replace(month_app.ledger.identity, ledger_id="11111111-1111-1111-1111-111111111111")
    assert _error(client, "/v1/balances", at_least=Cursor.at({0: 1}, other).token) == (422, "POSITION_UNUSABLE")


def test_the_index_names_every_address(client: TestClient) -> None:
    page = client.get("/").text
    for address in ("/readyz", *(f"/v1{question.path}" for question in QUESTIONS.values())):
        assert address in page


@pytest.fixture
def writable(settings: Settings) -> Iterator[App]:
    with open_app(settings, create=True) as app:
        yield app


def test_a_service_whose_views_follow_is_ready(writable: App) -> None:
    writable.catch_up()
    assert _json(reader_of(writable), "/readyz")["status"] == "ready"


def test_a_service_with_a_stopped_view_is_not_ready(writable: App) -> None:
    writable.catch_up()
    with writable.ledger.engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE views.checkpoints SET status = 'stopped', reason = 'position 3: no such thing'"
            " WHERE projection = 'audit_trail' AND book = 0"
        )
    answer = reader_of(writable).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["troubles"] == ["audit_trail in book 0: position 3: no such thing"]


def test_a_read_that_is_asked_for_more_than_is_folded_says_that_it_is_behind(writable: App) -> None:
    heads = {book: head for book, head in writable.ledger.reader.heads().items() if head}
    token = Cursor.at(heads, writable.ledger.identity).token
    client = reader_of(writable, patience_s=0.05)
    assert _error(client, "/v1/balances", at_least=token) == (503, "VIEW_BEHIND")


def test_a_database_that_is_gone_is_said_to_be_so(writable: App) -> None:
    away = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/books")
    app = replace(writable, views=Views(away, writable.ledger.reader))
    client = reader_of(app)
    assert _error(client, "/v1/balances") == (503, "DATABASE_UNREACHABLE")
    assert client.get("/v1/balances").headers["Retry-After"] == "1"
    assert client.get("/healthz").status_code == 200


def test_what_a_command_wrote_is_read_with_its_token(database_url: str, tmp_path: Path) -> None:
    with open_desk(database_url, tmp_path) as desk:
        app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)
        from service.foundation import publish_defaults

        publish_defaults(desk.bus)
        outcome = desk.expect("enrol_merchant", actor=PLATFORM, merchant_id="M-1")
        app.catch_up([PROJECTIONS["audit_trail"]])
        token = Cursor.at({outcome.book: outcome.last}, desk.ledger.identity).token
        rows = _json(reader_of(app), "/v1/audit", merchant="M-1", at_least=token)["data"]
        assert rows[-1]["position"] == outcome.last
