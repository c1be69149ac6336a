"""Verification in the console: the events of a book in steps, the views one by one, and who may start it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from ledger.log.verification.verify import verify_rows
from service.app import App
from service.console import verification
from tests.service.console.conftest import Browser

PATH = "/console/verification"


def to_the_end(client: TestClient, address: str) -> list[str]:
    """The pages of all steps, the first one first."""
    pages = [client.get(address).text]
    while following := re.search(r'href="([^"]+)" data-continue', pages[-1]):
        pages.append(client.get(unescape(following[1])).text)
    return pages


def test_a_book_is_verified_in_steps_to_the_hash_of_its_last_event(
    browser: Browser, month_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "STEP", 100)
    reader = month_app.ledger.reader
    book, head = max(reader.heads().items(), key=lambda each: each[1])
    pages = to_the_end(browser("finance"), f"{PATH}?book={book}")
    assert len(pages) == -(-head // 100) > 1
    assert ["data-verified" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert reader.read(book, head - 1, 1)[0].leaf.hex() in pages[-1]


def test_a_range_of_a_book_is_verified_alone(browser: Browser) -> None:
    (page,) = to_the_end(browser("finance"), f"{PATH}?book=0&first=3&upto=7")
    assert re.search(r'<progress max="5" value="5"', page)


def test_a_view_is_compared_with_the_events_and_leads_to_the_next(browser: Browser) -> None:
    page = browser("finance").get(f"{PATH}?view=merchant_balances").text
    assert ("data-continue" in page, 'role="alert"' in page) == (True, False)


def test_a_ledger_that_is_too_long_says_which_command_verifies_its_views(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "MOST_OF_VIEWS", 10)
    assert "redledger verify-views" in browser("finance").get(f"{PATH}?view=merchant_balances").text


@pytest.mark.parametrize("query", ["book=99", "view=none", "book=x", "book=0&first=999999", "book=0&first=4&upto=3"])
def test_what_does_not_exist_is_not_verified(browser: Browser, query: str) -> None:
    assert browser("finance").get(f"{PATH}?{query}").status_code in (404, 422)


def test_the_audit_page_leads_to_it_for_those_who_may_open_it(browser: Browser) -> None:
    assert f'href="{PATH}"' in browser("auditor").get("/console/audit").text.partition("<main")[2]
    assert browser("merchant").get(PATH).status_code == 403


def test_a_range_without_its_last_event_has_a_finding(month_app: App) -> None:
    reader = month_app.ledger.reader
    head = reader.heads()[0]
    assert [*verify_rows(reader, 0, head - 2, head)] == []
    assert [each.key for each in verify_rows(reader, 0, head, head + 1)] == [f"book 0, position {head + 1}"]
