"""Queues in a browser: many rows by the keyboard, an unmatched capture, and a page that was left open for an hour."""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.shop import ServedShop
from tests.browser.visits import Visits

_HOUR_MS = 3_600_000
_PATIENCE_MS = 60_000  # of a person, for the answers to hundreds of rows
CASES = int(os.environ.get("REDLEDGER_TEST_CASES", "60"))  # at most 500, which is a page of the queue


def test_two_of_three_cases_are_chosen_and_approved_by_the_keyboard_without_a_reload(
    shop: ServedShop, shop_visits: Visits
) -> None:
    shop.asked_back("O-2", "O-3")
    page = shop_visits.page("mei")
    page.goto("/console/approvals")
    page.evaluate("window.isTheSamePage = true")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator(".choose output")).to_have_text("2")
    page.locator(".choose").get_by_role("button", name="approve refund").press("Enter")
    page.locator("#work").get_by_role("button", name="Preview").press("Enter")
    expect(page.locator("#work tr[data-answer='200']")).to_have_count(2)
    page.locator("#work button.main").press("Enter")
    expect(page.locator("#work [data-done] strong").first).to_have_text("2")
    page.keyboard.press("Escape")
    expect(page.locator("#work")).to_be_hidden()
    assert page.evaluate("window.isTheSamePage")


@pytest.mark.slow
def test_a_queue_of_hundreds_is_worked_by_the_keyboard_without_a_reload_and_each_row_has_its_answer(
    shop: ServedShop, shop_visits: Visits
) -> None:
    shop.captured_for_nobody(*(f"ch-{n}" for n in range(CASES - 1)))
    page = shop_visits.page("fay")
    page.goto("/console/exceptions")
    page.evaluate("window.isTheSamePage = true")
    expect(page.locator("html[data-live=on]")).to_be_attached(timeout=_PATIENCE_MS)
    page.locator("[data-all]").focus()
    page.keyboard.press("Space")
    expect(page.locator(".choose output")).to_have_text(str(CASES), timeout=_PATIENCE_MS)
    page.locator(".choose").get_by_role("button", name="assign break").press("Enter")
    resolved = page.locator('main a[href*="commands/resolve_break"][href*="order%2F"]').get_attribute("href")
    shop.resolved(**dict(parse_qsl(urlsplit(resolved or "").query)))
    expect(page.locator("#work [name=owner]")).to_be_focused(timeout=_PATIENCE_MS)
    page.keyboard.type("lin")
    page.keyboard.press("Enter")
    expect(page.locator("#work [data-preview]")).to_be_visible(timeout=_PATIENCE_MS)
    expect(page.locator("#work tr[data-answer='200']")).to_have_count(CASES - 1, timeout=_PATIENCE_MS)
    expect(page.locator("#work tr:not([data-answer='200']) .bad")).to_have_count(1, timeout=_PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.locator("#work [data-done] strong").first).to_have_text(str(CASES - 1), timeout=_PATIENCE_MS)
    expect(page.locator("#work tr[data-answer='200'] .good")).to_have_count(CASES - 1, timeout=_PATIENCE_MS)
    page.keyboard.press("Escape")
    shop.app.catch_up()
    expect(page.locator("main").get_by_role("cell", name="lin", exact=True)).to_have_count(
        CASES - 1, timeout=_PATIENCE_MS
    )
    assert page.evaluate("window.isTheSamePage")


def test_a_queue_of_a_merchant_shows_by_itself_what_came_since(shop: ServedShop, shop_visits: Visits) -> None:
    page = shop_visits.page("mei")
    page.goto("/console/approvals")
    expect(page.locator("html[data-live=on]")).to_be_attached()
    shop.asked_back("O-2")
    expect(page.locator("main tr[data-key]")).to_have_count(2)
    expect(page.locator("#new output")).to_have_text("1")


def test_an_unmatched_capture_is_matched_with_an_order(shop: ServedShop, shop_visits: Visits) -> None:
    shop.captured_for_nobody("ch-lost")
    page = shop_visits.page("sue")
    page.goto("/console/unmatched")
    page.get_by_role("link", name="match payment").first.click()
    page.get_by_label("merchant id").fill("M-1")
    page.get_by_label("order id").fill("O-1")
    page.get_by_role("button", name="Preview").click()
    page.locator("[data-confirm] button").click()
    expect(page.locator("[data-done=recorded]")).to_be_visible()
    shop.app.catch_up()
    page.goto("/console/unmatched")
    expect(page.locator("main table")).to_contain_text("planned")


def test_a_page_that_was_left_open_for_an_hour_shows_what_happened_since(shop: ServedShop, shop_visits: Visits) -> None:
    page = shop_visits.page("fay")
    page.clock.install()
    page.goto("/console/exceptions")
    expect(page.locator("html[data-live=on]")).to_be_attached()
    known = page.locator("main tr[data-key]").count()
    page.clock.fast_forward(_HOUR_MS)
    shop.captured_for_nobody("ch-lost")
    expect(page.locator("#new output")).to_have_text("1")
    expect(page.locator("main tr[data-key]")).to_have_count(known + 1)
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    page.get_by_role("button", name="Seen").click()
    expect(page.locator("#new")).to_be_hidden()
