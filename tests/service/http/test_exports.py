"""Exports over HTTP: the whole list of one moment, in bounded pieces, and never a part that looks whole."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from starlette.concurrency import run_in_threadpool

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from ledger.events.access import ListExported
from ledger.ids import exports_stream
from ledger.log.cursor import Cursor
from service.app import App
from service.http.application import make_application
from service.http.lanes import Lane
from service.http.routes import questions
from service.questions import export
from service.questions.asked import answer_to
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.tables.cells import without_formula
from tests.support.access import AUDITOR, application_for_reads, bearing, client_of, token_for
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.http_server import served
from tests.support.noting_bus import NotingBus
from tests.support.sales import merchant_ready
from tests.support.shops import app_of


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
def bus() -> NotingBus:
    return NotingBus()


@pytest.fixture(scope="module")
def application(month_app: App, bus: NotingBus) -> FastAPI:
    return application_for_reads(replace(month_app, bus=cast("Bus", bus)))


@pytest.fixture(scope="module")
def client(application: FastAPI) -> Iterator[TestClient]:
    with client_of(application) as client:
        yield client


EXPORTED = [question for question in QUESTIONS.values() if question.exported]
BY_NAME = pytest.mark.parametrize("question", EXPORTED, ids=lambda each: each.name)
MERCHANT = "M-1001"


def path_of(question: Question, client: TestClient) -> str:
    run = next(row["run_id"] for row in client.get("/v1/payouts").json()["data"] if row["run_id"])
    return "/v1" + question.path.format(merchant=MERCHANT, id=run)


def all_rows(client: TestClient, path: str) -> list[dict[str, Any]]:
    """The rows of all pages."""
    rows, after = list[dict[str, Any]](), None
    while True:
        page = client.get(path, params={"limit": 1000} | ({"after": after} if after else {})).json()
        rows += page["data"]
        if (after := page["next"]) is None:
            return rows


@BY_NAME
def test_ndjson_is_the_rows_of_all_pages(
    client: TestClient, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(question, client)
    monkeypatch.setattr(export, "MOST_ROWS_OF_A_PAGE", 7)
    sent = client.get(path, headers={"Accept": "application/x-ndjson"})
    assert sent.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in sent.text.splitlines()] == all_rows(client, path)


@BY_NAME
def test_csv_has_the_names_of_the_fields_and_a_line_for_each_row(client: TestClient, question: Question) -> None:
    path = path_of(question, client)
    sent = client.get(path, params={"format": "csv"})
    names, *lines = csv.reader(StringIO(sent.text))
    assert question.table is not None
    assert set(question.table.names) <= set(names)
    assert len(lines) == len(all_rows(client, path))
    assert {len(line) for line in lines} <= {len(names)}


@BY_NAME
def test_a_workbook_has_the_columns_and_the_rows_of_csv(client: TestClient, question: Question) -> None:
    path = path_of(question, client)
    lines = list(csv.reader(StringIO(client.get(path, params={"format": "csv"}).text)))
    sent = client.get(path, headers={"Accept": export.MEDIA["xlsx"]})
    assert sent.headers["content-type"] == export.MEDIA["xlsx"]
    (sheet,) = load_workbook(BytesIO(sent.content), read_only=True).worksheets
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == lines[0]
    assert [[row[0] is None, len(row)] for row in rows] == [[line[0] == "", len(line)] for line in lines]


def test_money_has_its_currency_in_a_column_beside_it(client: TestClient) -> None:
    row = next(csv.DictReader(StringIO(client.get("/v1/payouts?format=csv").text)))
    assert row["amount_currency"] == "CNY"
    float(row["amount"])


@pytest.mark.parametrize("accept", ["text/csv", "application/xml, text/csv;q=0.9", "TEXT/CSV"])
def test_accept_chooses_the_format(client: TestClient, accept: str) -> None:
    assert client.get("/v1/payouts", headers={"Accept": accept}).headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("accept", ["*/*", "application/json, text/csv", "text/html,*/*;q=0.8", ""])
def test_json_stays_the_answer_to_everybody_else(client: TestClient, accept: str) -> None:
    assert client.get("/v1/payouts", headers={"Accept": accept}).headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["limit", "after"])
def test_a_part_of_a_list_is_not_exported(client: TestClient, name: str) -> None:
    answer = client.get("/v1/payouts", params={"format": "csv", name: "3"})
    assert (answer.status_code, answer.json()["field"]) == (422, name)


def test_what_is_wrong_with_the_question_is_said_before_the_list(client: TestClient) -> None:
    assert client.get("/v1/payouts?format=csv&merchant=M-nobody").status_code == 422
    assert client.get("/v1/merchants/M-nobody/lines?format=csv").status_code == 404


def test_the_pages_of_an_export_see_one_moment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    app, question = app_of(desk), QUESTIONS["audit"]
    publish_programme(desk)
    merchant_ready(desk)
    app.catch_up()
    values = {each.name: each.default for each in question.parameters}
    before = len(answer_to(question, app, values).data)
    monkeypatch.setattr(export, "MOST_ROWS_OF_A_PAGE", 1)
    with closing(export.Export(question, app, values, None)) as found:
        pages = found._pages()
        first = next(pages)
        merchant_ready(desk, "M-2")
        app.catch_up()
        rest = list(pages)
    assert len(answer_to(question, app, values).data) > before
    assert sum(len(page.data) for page in (first, *rest)) == before
    assert {tuple(page.vector.items()) for page in rest} == {tuple(first.vector.items())}


def test_a_failure_in_the_middle_breaks_the_transfer(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS_OF_A_PAGE", 3)
    calls = iter(range(100))

    def failing(*arguments: Any, **more: Any) -> Any:
        if next(calls) == 2:
            raise RuntimeError("in the middle")
        return answer_to(*arguments, **more)

    monkeypatch.setattr(export, "answer_to", failing)
    with served(application) as server, closing(server.connect()) as client:
        token = bearing(AUDITOR)["Authorization"]
        client.send(f"GET /v1/audit?format=csv HTTP/1.1\r\nHost: t\r\nAuthorization: {token}\r\n\r\n".encode())
        received = client.until_closed()
    assert received.startswith(b"HTTP/1.1 200")
    assert b"transfer-encoding: chunked" in received.lower()
    assert not received.endswith(b"0\r\n\r\n")


def test_an_export_gives_its_place_and_its_connection_back(client: TestClient, month_app: App) -> None:
    before = month_app.ledger.engine.pool.status()
    for _ in range(5):
        assert client.get("/v1/payouts?format=ndjson").status_code == 200
        assert client.get("/v1/payouts?format=csv&merchant=M-nobody").status_code == 422
    assert month_app.ledger.engine.pool.status() == before


def test_an_export_is_recorded_with_its_filters_and_positions(client: TestClient, bus: NotingBus) -> None:
    bus.noted.clear()
    client.get("/v1/payouts", params={"format": "csv", "state": "paid"})
    (noted,) = bus.noted
    assert (noted.account_id, noted.role, noted.question, noted.format) == ("audrey", "auditor", "payouts", "csv")
    assert noted.filters == {"state": "paid"}
    assert noted.positions


def test_nothing_is_sent_that_cannot_be_recorded(
    client: TestClient, bus: NotingBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Outcome("x", "fault", 0, facts={"reference": "R-1"})
    monkeypatch.setattr(bus, "submit", lambda _: [refused])
    answer = client.get("/v1/payouts?format=csv")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "R-1" in answer.json()["detail"]


def test_head_answers_as_get_and_takes_no_list_away(client: TestClient, bus: NotingBus) -> None:
    bus.noted.clear()
    head = client.head("/v1/payouts?format=csv")
    assert (head.status_code, head.content, bus.noted) == (200, b"", [])
    assert head.headers["content-type"] == client.get("/v1/payouts?format=csv").headers["content-type"]
    assert client.head("/v1/payouts?format=csv&limit=3").status_code == 422


def test_one_account_leaves_a_place_to_another_while_its_list_is_sent(application: FastAPI, client: TestClient) -> None:
    async def scenario() -> list[Any]:
        lane: Lane = application.state.exports
        async with lane.entered("audrey"):
            own = await run_in_threadpool(client.get, "/v1/payouts?format=csv")
            page = await run_in_threadpool(client.get, "/v1/payouts")
            async with lane.entered("another"):
                return [own.json()["code"], page.status_code]

    assert asyncio.run(scenario()) == ["TOO_MANY_AT_ONCE", 200]


def test_an_export_waits_for_its_positions_and_computes_no_page_for_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_least = client.get("/v1/payouts").json()["position"]
    calls: list[Any] = []

    def counted(*arguments: Any, **more: Any) -> Any:
        calls.append(arguments)
        return answer_to(*arguments, **more)

    monkeypatch.setattr(export, "answer_to", counted)
    monkeypatch.setattr(questions, "answer_to", counted)
    assert client.get("/v1/payouts", params={"format": "csv", "at_least": at_least}).status_code == 200
    assert len(calls) == 1
    assert client.get("/v1/payouts", params={"format": "csv", "at_least": "x"}).json()["code"] == "POSITION_UNUSABLE"


def test_an_export_of_positions_that_are_not_folded_waits_and_is_refused(desk: Desk) -> None:
    app = app_of(desk)
    app.catch_up()
    publish_programme(desk)
    merchant_ready(desk)
    at_least = Cursor.at(app.ledger.reader.heads(), app.ledger.identity).token
    with client_of(make_application(app, patience_s=0.01), token_for(app, "audrey", "auditor")) as client:
        answer = client.get("/v1/payouts", params={"format": "csv", "at_least": at_least})
    assert (answer.status_code, answer.json()["code"]) == (503, "VIEW_BEHIND")


def test_a_page_as_json_is_no_export(client: TestClient, bus: NotingBus) -> None:
    bus.noted.clear()
    client.get("/v1/payouts")
    assert bus.noted == []


def test_the_same_list_is_recorded_once_a_day(desk: Desk) -> None:
    app = app_of(desk)
    app.catch_up()
    with client_of(make_application(app), token_for(app, "audrey", "auditor")) as client:
        sent = [client.get("/v1/audit", params={"format": form}).status_code for form in ("csv", "csv", "ndjson")]
    assert sent == [200, 200, 200]
    rows = desk.ledger.reader.read_stream(0, exports_stream("audrey", app.clock().date()))
    events = [cast("ListExported", each.event) for each in rows]
    assert [(each.question, each.format) for each in events] == [("audit", "csv"), ("audit", "ndjson")]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_new_ledger_whose_views_were_never_folded_answers(fresh_database_url: str, tmp_path: Path, form: str) -> None:
    with open_desk(fresh_database_url, tmp_path) as desk:
        app = app_of(desk)
        with client_of(make_application(app), token_for(app, "audrey", "auditor")) as client:
            assert client.get("/v1/audit", params={"format": form}).status_code == 200


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_shown_and_not_run(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "M-1", "1110 USD -69.44", "2025-04-01"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_formula(text) == text


def test_what_people_take_away_is_a_list_with_columns_on_views_or_known_at_an_instant() -> None:
    for question in EXPORTED:
        assert question.is_paged
        assert question.table is not None
        assert question.views or "as_known_at" in {each.name for each in question.parameters}
