"""Worklists over HTTP, and tracking in the reader's language."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.log.cursor import Cursor
from service.app import App
from tests.support.access import reader_of

FindOrder = Callable[[str], str]
LISTS = ("approvals", "proposals", "exceptions", "unmatched", "instructions", "overdue", "declarations", "sales")


def _json(client: TestClient, address: str, **parameters: Any) -> Any:
    answer = client.get(address, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_names_the_positions_it_is_of(client: TestClient, month_app: App, name: str) -> None:
    answer = _json(client, f"/v1/{name}")
    heads = {book: head for book, head in month_app.ledger.reader.heads().items() if head}
    assert Cursor.parse(answer["position"], month_app.ledger.identity).positions == heads
    assert isinstance(answer["data"], list)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_with_its_own_token(client: TestClient, name: str) -> None:
    answer = _json(client, f"/v1/{name}")
    assert _json(client, f"/v1/{name}", at_least=answer["position"]) == answer


def test_exceptions_of_a_kind_are_those_of_the_list(client: TestClient) -> None:
    rows = _json(client, "/v1/exceptions", status="all")["data"]
    kind = rows[0]["kind"]
    assert _json(client, "/v1/exceptions", status="all", kind=kind)["data"] == [
        row for row in rows if row["kind"] == kind
    ]


def test_sales_of_a_span_of_days_are_of_these_days(client: TestClient) -> None:
    day = _json(client, "/v1/sales")["data"][0]["day"]
    rows = _json(client, "/v1/sales", **{"from": day, "to": day})["data"]
    assert {row["day"] for row in rows} == {day}


@pytest.mark.parametrize("name", ["exceptions", "sales"])
def test_lists_with_amounts_are_asked_of_the_past(client: TestClient, name: str) -> None:
    now = _json(client, f"/v1/{name}")["data"]
    assert _json(client, f"/v1/{name}", as_known_at="2020-01-01T00:00:00Z")["data"] == []
    assert _json(client, f"/v1/{name}", as_of="2020-01-01")["data"] == []
    assert _json(client, f"/v1/{name}", as_of="2035-01-01")["data"] == now
    assert client.get(f"/v1/{name}", params={"as_known_at": "2099-01-01T00:00:00Z"}).status_code == 422


def test_a_status_that_is_none_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/exceptions", params={"status": "lost"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "status"


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ({"locale": "zh-Hant-MO"}, "zh-Hant-MO"),
        ({"accept": "tlh, pt-MO;q=0.8, en;q=0.5"}, "pt-MO"),
        ({"accept": "tlh"}, "en"),
        ({"locale": "zh-Hans", "accept": "pt"}, "zh-Hans"),
    ],
)
def test_tracking_is_shown_in_the_language_asked_for(
    client: TestClient, an_order: FindOrder, asked: dict[str, str], reported: str
) -> None:
    headers = {"Accept-Language": asked["accept"]} if "accept" in asked else {}
    parameters = {"locale": asked["locale"]} if "locale" in asked else {}
    order = an_order("parcel.signed_for")
    answer = client.get(f"/v1/orders/{order}/tracking", params=parameters, headers=headers)
    assert answer.json()["data"]["words"]["locale"] == reported


def test_a_locale_without_texts_is_one_sentence(client: TestClient, an_order: FindOrder) -> None:
    answer = client.get(f"/v1/orders/{an_order('parcel.signed_for')}/tracking", params={"locale": "tlh"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "UNKNOWN_LOCALE"
    assert "'tlh'" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/payouts", "/v1/exceptions", "/v1/books/contribution"])
def test_a_list_that_is_cut_says_how_to_go_on(month_app: App, path: str) -> None:
    client = reader_of(month_app)
    first = client.get(path, params={"limit": 2}).json()
    rest = client.get(path, params={"limit": 1000, "after": first["next"]}).json()
    assert [*first["data"], *rest["data"]] == client.get(path, params={"limit": 1000}).json()["data"]
    assert rest["next"] is None


def test_a_cursor_that_no_list_gave_is_refused(month_app: App) -> None:
    answer = reader_of(month_app).get("/v1/payouts", params={"after": "x"})
    assert (answer.status_code, answer.json()["field"]) == (422, "after")
