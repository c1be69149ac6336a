"""The books of account over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from ledger.actors import Actor
from ledger.log.cursor import Cursor
from service.app import open_app
from service.finance.settlement_run import settle
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.service.cli.test_csv import without_currency
from tests.support.access import reader_of
from tests.support.buses import Clock, Desk, publish_programme
from tests.support.sales import merchant_ready, released


@pytest.fixture
def books(settings: Settings) -> Iterator[TestClient]:
    """A client on a ledger whose one merchant was settled."""
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        settle(app, "R-1")
        app.catch_up()
        with reader_of(app) as client:
            yield client


def test_the_rates_of_a_day_name_the_day_they_are_of(books: TestClient) -> None:
    rates = books.get("/v1/books/rates", params={"as_of": "2025-04-01"}).json()["data"]["rates"]
    usd = next(rate for rate in rates if (rate["currency"], rate["kind"]) == ("USD", "book"))
    assert (usd["rate"], usd["as_of"], usd["age_days"], usd["usable"]) == ("7.1800", "2025-03-10", 22, True)


@pytest.mark.parametrize("question", ["trial-balance", "contribution", "exposure"])
def test_a_question_is_answered_with_the_token_of_its_positions(books: TestClient, question: str) -> None:
    said = books.get(f"/v1/books/{question}")
    assert (said.status_code, bool(said.json()["position"])) == (200, True)


@pytest.mark.parametrize("question", ["trial-balance", "contribution", "exposure", "difference?as_of=2025-04-01"])
def test_what_will_be_known_cannot_be_asked(books: TestClient, question: str) -> None:
    mark = "&" if "?" in question else "?"
    said = books.get(f"/v1/books/{question}{mark}as_known_at=2999-01-01T00:00:00Z")
    assert (said.status_code, said.json()["field"]) == (422, "as_known_at")


def test_a_period_that_ends_before_it_begins_is_said_so(books: TestClient) -> None:
    said = books.get("/v1/books/trial-balance?as_of=2025-04-01&since=2025-05-01")
    assert (said.status_code, said.json()["field"]) == (422, "since")


def test_the_difference_between_two_times_names_its_events(books: TestClient) -> None:
    said = books.get("/v1/books/difference?as_of=2025-12-31&as_known_at=2020-01-01T00:00:00Z").json()
    assert {event["type"] for event in said["data"]["events"]} >= {"payment.captured"}


@pytest.mark.parametrize(
    ("form", "begins"), [("json", "{"), ("csv", "date,"), ("text", "Statement"), ("html", "<!doc")]
)
def test_a_statement_comes_in_every_form(books: TestClient, form: str, begins: str) -> None:
    said = books.get(f"/v1/merchants/M-1/statements/1?form={form}")
    assert (said.status_code, said.text.startswith(begins)) == (200, True)


def test_a_statement_that_was_never_issued_is_not_found(books: TestClient) -> None:
    assert books.get("/v1/merchants/M-1/statements/7").status_code == 404
    assert books.get("/v1/merchants/M-999/statements").status_code == 404


def test_a_payout_that_failed_says_why(books: TestClient, settings: Settings) -> None:
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 20, 8, tzinfo=UTC)))
        bank = Actor(kind="partner", id="bank", role="service")
        payout_id = books.get("/v1/payouts").json()["data"][0]["payout_id"]
        desk.expect("report_payout_failed", actor=bank, merchant_id="M-1", payout_id=payout_id, code="AC04")
        app.catch_up()
    (found,) = books.get("/v1/payouts").json()["data"]
    assert (found["state"], found["code"]) == ("failed", "AC04")


def test_payouts_and_differences_are_listed(books: TestClient) -> None:
    assert [each["state"] for each in books.get("/v1/payouts").json()["data"]] == ["initiated"]
    assert isinstance(books.get("/v1/books/reconciliation").json()["data"], list)


def test_a_statement_as_csv_has_a_currency_beside_every_amount(books: TestClient) -> None:
    assert not without_currency(books.get("/v1/merchants/M-1/statements/1?form=csv").text)


def test_a_payout_names_its_run_and_its_statement_and_a_statement_its_events(books: TestClient) -> None:
    (payout,) = books.get("/v1/payouts?run=R-1").json()["data"]
    assert payout == books.get(f"/v1/payouts/{payout['payout_id']}").json()["data"]
    run = books.get(f"/v1/settlement-runs/{payout['run_id']}").json()["data"]
    statement = books.get(f"/v1/statements/{payout['statement_id']}").json()["data"]
    event = books.get(f"/v1/events/{statement['lines'][0]['event_id']}").json()["data"]
    assert (run["payouts"], statement["run_id"], event["type"]) == (1, "R-1", "settlement.released")
    assert (statement["closing"], payout["amount"]) == (payout["amount"], {"amount": "133.00", "currency": "CNY"})


BY_ID = [question for question in QUESTIONS.values() if "{id}" in question.path]


@pytest.mark.parametrize("question", BY_ID)
def test_an_id_that_nobody_knows_is_not_found(books: TestClient, question: Question) -> None:
    said = books.get(f"/v1{question.path}".format(id="no-such"))
    assert (said.status_code, "no-such is not known" in said.json()["detail"]) == (404, True)


FOUND_IN_A_VIEW = [each for each in BY_ID if each.views and not any(named.filter for named in each.own_parameters)]


@pytest.mark.parametrize("question", FOUND_IN_A_VIEW)
def test_a_look_up_with_a_token_does_not_deny_what_its_view_does_not_hold_yet(
    settings: Settings, question: Question
) -> None:
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
        publish_programme(desk)
        app.catch_up()
        merchant_ready(desk)
        token = Cursor.at(app.ledger.reader.heads(), app.ledger.identity).token
        client = reader_of(app, patience_s=0.1)
        said = client.get(f"/v1{question.path}".format(id="no-such"), params={"at_least": token})
    assert said.json()["code"] == "VIEW_BEHIND"
