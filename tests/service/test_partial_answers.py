"""A question about all books that is asked for a part: the books at hand answer, and the lost one is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.console.application import with_console
from service.settings import Settings
from tests.service.cli.conftest import Run, run
from tests.service.console.conftest import links_in, signed_in
from tests.support.access import AUDITOR, reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.lost_book import lost
from tests.support.sales import merchant_ready, paid, sent, signed
from tests.support.shops import app_of

__all__ = ["run"]  # a fixture
pytestmark = pytest.mark.slow
PART = {"partial": "true"}


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Two merchants in books of their own, each with an order whose money is due."""
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        for merchant in ("M-1", "M-2"):
            merchant_ready(desk, merchant)
            paid(desk, merchant_id=merchant)
            sent(desk, merchant_id=merchant)
            signed(desk, merchant_id=merchant)
        yield desk


@pytest.fixture
def book(desk: Desk) -> int:
    """The book of M-1, which the tests lose."""
    return desk.ledger.directory.book_of("M-1")


@pytest.fixture
def client(desk: Desk) -> TestClient:
    app = app_of(desk)
    app.catch_up()
    return reader_of(app, patience_s=1.0)


def test_each_question_about_all_books_answers_and_names_the_lost_one(
    client: TestClient, fresh_database_url: str, book: int
) -> None:
    asked = {"q": "O-1", "as_known_at": "2025-01-01T00:00:00Z"}
    before = answers(client, asked)
    with lost(fresh_database_url, book):
        after = answers(client, asked)
    assert len(after) > 30
    assert {path: answer.status_code for path, answer in before.items() if answer.status_code != 200} == {}
    assert {path: answer.text[:300] for path, answer in after.items() if answer.status_code != 200} == {}
    assert {path for path, answer in before.items() if answer.json()["missing_books"] != []} == set()
    assert {path for path, answer in after.items() if answer.json()["missing_books"] != [book]} == set()


def answers(client: TestClient, about: dict[str, str]) -> dict[str, Any]:
    """The answer of each address that may be partial. A parameter is given where the address requires it."""
    found = {}
    for path, one in cast(FastAPI, client.app).openapi()["paths"].items():
        parameters = {each["name"]: each.get("required", False) for each in one.get("get", {}).get("parameters", ())}
        if "partial" in parameters:
            required = {name: about[name] for name, required in parameters.items() if required}
            found[path] = client.get(path, params=PART | required)
    return found


def test_a_list_has_the_rows_of_the_other_books(client: TestClient, fresh_database_url: str, book: int) -> None:
    whole = client.get("/v1/balances").json()["data"]
    with lost(fresh_database_url, book):
        part = client.get("/v1/balances", params=PART).json()["data"]
    assert part == [row for row in whole if row["merchant"] != "M-1"] != []


def test_a_past_state_is_folded_from_the_other_books(client: TestClient, fresh_database_url: str, book: int) -> None:
    with lost(fresh_database_url, book):
        answer = client.get("/v1/declarations", params=PART | {"as_of": "2030-01-01"}).json()
    assert (answer["missing_books"], answer["folded"] > 0) == ([book], True)


def test_a_question_about_a_merchant_needs_the_merchants_book(
    client: TestClient, fresh_database_url: str, book: int
) -> None:
    with lost(fresh_database_url, book):
        of_lost, of_other = (client.get("/v1/payouts", params=PART | {"merchant": id}) for id in ("M-1", "M-2"))
    assert (of_lost.status_code, of_lost.json()["books"]) == (503, [book])
    assert (of_other.status_code, of_other.json()["missing_books"]) == (200, [])


def test_a_value_that_only_the_lost_book_may_know_is_not_called_unknown(
    client: TestClient, fresh_database_url: str, book: int
) -> None:
    asked = {"creator": "nobody"}
    whole = client.get("/v1/sales", params=PART | asked)
    with lost(fresh_database_url, book):
        part = client.get("/v1/sales", params=PART | asked)
    assert (whole.status_code, part.status_code, part.json()["books"]) == (422, 503, [book])


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_an_export_names_the_lost_book_in_a_header(
    client: TestClient, fresh_database_url: str, book: int, form: str
) -> None:
    asked = PART | {"format": form}
    whole = client.get("/v1/books/open-items", params=asked)
    with lost(fresh_database_url, book):
        part = client.get("/v1/books/open-items", params=asked)
    assert (whole.status_code, whole.headers.get("missing-books")) == (200, None)
    assert (part.status_code, part.headers.get("missing-books")) == (200, str(book))


def test_the_mark_is_part_of_the_entity_tag(client: TestClient, fresh_database_url: str, book: int) -> None:
    whole = client.get("/v1/balances", params=PART).headers["etag"]
    with lost(fresh_database_url, book):
        part = client.get("/v1/balances", params=PART, headers={"if-none-match": whole})
    assert part.status_code == 200


def test_the_command_line_says_which_book_is_missing(
    desk: Desk, client: TestClient, fresh_database_url: str, book: int, run: Run, tmp_path: Path
) -> None:
    del client  # the views are folded
    desk.ledger.close()
    settings = Settings(database_url=fresh_database_url, data_dir=tmp_path)
    with lost(fresh_database_url, book):
        refused = run(settings, "balances")
        part = run(settings, "balances", "--partial", "--format", "csv")
    assert (refused.code != 0, "`partial`" in refused.err) == (True, True)
    assert (part.code, "M-2" in part.out, "M-1" in part.out) == (0, True, False)
    assert part.err == f"This answer is partial: the server of book {book} is lost.\n"


class TestConsole:
    @pytest.fixture
    def browser(self, client: TestClient) -> TestClient:
        return signed_in(with_console(cast(FastAPI, client.app)), AUDITOR)

    def test_the_page_of_the_failure_leads_to_the_partial_answer(
        self, browser: TestClient, fresh_database_url: str, book: int
    ) -> None:
        with lost(fresh_database_url, book):
            failed = browser.get("/console/payouts?state=paid")
            (link,) = [each for each in links_in(failed.text) if "partial" in each]
            part = browser.get(link)
        assert (failed.status_code, part.status_code) == (503, 200)
        assert f"The server of these books is lost: {book}<" in part.text

    def test_the_page_of_one_merchant_has_no_such_link(
        self, browser: TestClient, fresh_database_url: str, book: int
    ) -> None:
        with lost(fresh_database_url, book):
            failed = browser.get("/console/merchants/M-1/statements")
        assert (failed.status_code, [each for each in links_in(failed.text) if "partial" in each]) == (503, [])

    def test_its_other_links_stay_partial(self, browser: TestClient, fresh_database_url: str, book: int) -> None:
        with lost(fresh_database_url, book):
            page = browser.get("/console/books/open-items?partial=true").text
        exports = [each for each in links_in(page) if "format=" in each]
        assert exports
        assert all("partial=true" in each for each in exports)
