"""Queues in a browser: many rows by the keyboard, an unmatched capture, and a page that was left open for an hour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.shop import ServedShop, served_shop
from tests.browser.visits import Visits, visits

_HOUR_MS = 3_600_000


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[ServedShop]:
    with served_shop(database_url, tmp_path) as shop:
        yield shop


@pytest.fixture
def shop_visits(chromium: Browser, shop: ServedShop) -> Iterator[Visits]:
    with visits(chromium, shop.origin) as opened:
        yield opened


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
