"""A book whose server is lost stops itself only: commands, timers, views and questions of other books go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.cursor import Cursor
from ledger.log.database_errors import DatabaseTrouble, OutcomeUnknown
from projections.engine.completeness import CompletenessAudit
from projections.engine.worker import catch_up
from projections.registry import PROJECTIONS
from service.app import App
from service.finance.releases import Releases
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.lost_book import lost
from tests.support.sales import merchant_ready, paid, sent, signed
from tests.support.shops import app_of

pytestmark = pytest.mark.slow
FEEDS = ("/v1/events", "/v1/views/{view}/changes")  # whose places are in all books: a follower waits
VIEWS = tuple(PROJECTIONS.values())


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
        desk.clock.forward(days=8)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


@pytest.fixture
def book(desk: Desk, app: App, fresh_database_url: str) -> Iterator[int]:
    """The book of M-1, which is lost after the views have folded it."""
    app.catch_up()
    book = desk.ledger.directory.book_of("M-1")
    with lost(fresh_database_url, book, folds=True):
        yield book


def enrolled(desk: Desk, merchant: str, book_of: str) -> str:
    """The id of a new merchant in the book of this one."""
    wanted = desk.ledger.directory.book_of(book_of)
    names = (f"{merchant}{number}" for number in range(200))
    return next(name for name in names if desk.ledger.directory.book_of(name) == wanted)


class TestCommands:
    def test_a_command_of_another_book_is_recorded(self, desk: Desk, book: int) -> None:  # noqa: ARG002
        paid(desk, "O-7", merchant_id="M-2")

    def test_a_command_of_the_lost_book_may_be_sent_again(self, desk: Desk, fresh_database_url: str) -> None:
        command = desk.command("enrol_merchant", id="e-1", merchant_id=enrolled(desk, "N", "M-1"))
        with lost(fresh_database_url, desk.ledger.directory.book_of("M-1")), pytest.raises(DatabaseTrouble):
            desk.bus.submit([command])
        assert [outcome.status for outcome in desk.bus.submit([command])] == ["recorded"]

    @pytest.mark.parametrize("sqlstate", ["08006", "57P01", "XX000", "58030"])
    def test_an_append_whose_server_is_lost_says_that_its_outcome_is_unknown(
        self, desk: Desk, fresh_database_url: str, sqlstate: str
    ) -> None:
        command = desk.command("enrol_merchant", id="e-1", merchant_id=enrolled(desk, "N", "M-1"))
        with (
            lost(fresh_database_url, desk.ledger.directory.book_of("M-1"), sqlstate=sqlstate, reads=False),
            pytest.raises(OutcomeUnknown),
        ):
            desk.bus.submit([command])
        assert [outcome.status for outcome in desk.bus.submit([command])] == ["recorded"]

    def test_a_batch_is_recorded_in_all_other_books(self, desk: Desk, book: int) -> None:
        merchants = [enrolled(desk, name, of) for name, of in (("N", "M-1"), ("N", "M-2"))]
        batch = [desk.command("enrol_merchant", id="e-1", merchant_id=merchant) for merchant in merchants]
        with pytest.raises(DatabaseTrouble):
            desk.bus.submit(batch)
        (again,) = desk.bus.submit(batch[1:])
        assert (again.status, again.repeated, again.book == book) == ("recorded", True, False)

    def test_a_process_opens_the_ledger(self, book: int, fresh_database_url: str, tmp_path: Path) -> None:
        with Ledger.open(fresh_database_url, keys=FileKeyStore(tmp_path / "keys")) as ledger:
            assert ledger.reader.lost_books() == [book]


class TestFollowers:
    def test_a_timer_does_what_is_due_in_the_other_books(self, app: App, book: int) -> None:  # noqa: ARG002
        assert Releases(app).sweep() == 1

    def test_the_timer_does_the_rest_when_the_book_is_back(self, desk: Desk, app: App, fresh_database_url: str) -> None:
        app.catch_up()
        with lost(fresh_database_url, desk.ledger.directory.book_of("M-1")):
            Releases(app).sweep()
        app.catch_up()
        assert Releases(app).sweep() == 1

    def test_views_follow_the_other_books(self, desk: Desk, app: App, book: int) -> None:  # noqa: ARG002
        paid(desk, "O-7", merchant_id="M-2")
        catch_up(app.ledger.engine, app.ledger.reader, VIEWS)
        other = desk.ledger.directory.book_of("M-2")
        behind = [view.name for view in VIEWS if app.views.status(view, [other])[other].position < head(desk, other)]
        assert not behind

    def test_the_audit_goes_on(self, app: App, book: int) -> None:  # noqa: ARG002
        assert CompletenessAudit(app.ledger.engine, VIEWS).check() == []


def head(desk: Desk, book: int) -> int:
    return desk.ledger.reader.heads([book])[book]


@pytest.fixture
def client(app: App) -> TestClient:
    app.catch_up()
    return reader_of(app, patience_s=1.0)


class TestReadiness:
    def test_the_service_is_ready_for_the_other_books_and_names_the_lost_one(
        self, desk: Desk, client: TestClient, fresh_database_url: str
    ) -> None:
        book = desk.ledger.directory.book_of("M-1")
        with lost(fresh_database_url, book):
            answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"], answer.json()["lost_books"]) == (200, "ready", [book])
        assert client.get("/readyz").json()["lost_books"] == []

    def test_without_the_book_of_the_platform_it_is_not_ready(
        self, client: TestClient, fresh_database_url: str
    ) -> None:
        with lost(fresh_database_url, 0):
            answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_BOOKS_LOST")


class TestQuestions:
    def test_each_question_about_another_merchant_is_answered(
        self, desk: Desk, client: TestClient, fresh_database_url: str
    ) -> None:
        token = Cursor.at(desk.ledger.reader.heads(), desk.ledger.identity).token
        about = {"merchant": "M-2", "at_least": token, "q": "O-1"}
        before = {path: answer.status_code for path, answer in answers(client, about, needs="merchant").items()}
        with lost(fresh_database_url, desk.ledger.directory.book_of("M-1")):
            after = {path: answer.status_code for path, answer in answers(client, about, needs="merchant").items()}
        assert list(before.values()).count(200) > 10
        assert after == before

    def test_a_question_about_all_books_is_answered_whole_or_names_the_lost_book(
        self, desk: Desk, client: TestClient, fresh_database_url: str
    ) -> None:
        before, book = answers(client, {}), desk.ledger.directory.book_of("M-1")
        with lost(fresh_database_url, book):
            after = answers(client, {})
        short = {
            path: (answer.status_code, answer.text[:200])
            for path, answer in after.items()
            if answer.status_code != before[path].status_code or content(answer) != content(before[path])
            if (answer.status_code, answer.json().get("books")) != (503, [book])
            if (path, answer.json().get("lost_books")) != ("/readyz", [book])
        }
        assert not short
        assert [path for path, answer in after.items() if answer.status_code == 503]


def answers(client: TestClient, about: dict[str, str], *, needs: str = "") -> dict[str, Any]:
    """The answer of each address that takes the parameter, or of all that take none in their path."""
    found = {}
    for path, one in cast(FastAPI, client.app).openapi()["paths"].items():
        names = {each["name"] for each in one.get("get", {}).get("parameters", ())}
        if "get" not in one or (needs and needs not in names) or (not needs and "{" in path) or path in FEEDS:
            continue
        asked = {name: value for name, value in about.items() if name in names and f"{{{name}}}" not in path}
        in_path = {"merchant": "M-2", "order": "O-1", "number": 1, "view": "merchant_balances"}
        found[path] = client.get(path.format(**in_path), params=asked)
    return found


def content(answer: Any) -> Any:
    """The answer without what changes by itself."""
    return (
        {k: v for k, v in answer.json().items() if k not in ("position", "status", "troubles")} if answer.text else None
    )
