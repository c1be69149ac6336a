"""A demonstration says so wherever it is read; an ordinary ledger says nothing of the kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import App, open_app
from service.finance.statements import issued_statements, statement_of
from service.settings import Settings
from service.views.status import status_of
from tests.support.access import reader_of

HEADER = "RedLedger-Demonstration"


@pytest.fixture(scope="module")
def demonstration(month_app: App) -> Iterator[TestClient]:
    with reader_of(month_app) as client:
        yield client


@pytest.fixture
def ordinary(database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    with open_app(settings, create=True) as app, reader_of(app) as client:
        yield client


@pytest.mark.parametrize("address", ["/", "/healthz", "/readyz", "/v1/status", "/v1/balances", "/no-such-address"])
def test_every_answer_of_a_demonstration_has_a_header_that_says_so(demonstration: TestClient, address: str) -> None:
    assert demonstration.get(address).headers[HEADER] == "true"


@pytest.mark.parametrize("address", ["/", "/healthz", "/readyz", "/v1/status", "/v1/balances", "/no-such-address"])
def test_no_answer_of_an_ordinary_ledger_has_it(ordinary: TestClient, address: str) -> None:
    assert HEADER not in ordinary.get(address).headers


@pytest.mark.parametrize("address", ["/readyz", "/v1/status", "/v1/balances", "/v1/audit", "/v1/books/exposure"])
def test_answers_of_a_demonstration_say_so_in_their_body(demonstration: TestClient, address: str) -> None:
    assert demonstration.get(address).json()["demonstration"] is True


def test_answers_of_an_ordinary_ledger_do_not(ordinary: TestClient) -> None:
    reported = [
        ordinary.get(address).json().get("demonstration", False) for address in ("/readyz", "/v1/status", "/v1/audit")
    ]
    assert reported == [False] * 3


def test_the_first_page_of_a_demonstration_says_so(demonstration: TestClient, ordinary: TestClient) -> None:
    shown = [client.get("/").text.count("Demonstration · RedLedger") for client in (demonstration, ordinary)]
    assert shown == [2, 0], "in its title and its heading"


def test_status_says_so(month_app: App) -> None:
    assert status_of(month_app).demonstration


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_statement_of_a_demonstration_says_so(month_app: App, form: str) -> None:
    statement = statement_of(month_app, issued_statements(month_app, "M-1001"))
    assert "Demonstration · Statement" in getattr(statement, form)
