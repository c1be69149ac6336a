"""One Chromium and one service over the small trading month for all tests of the folder; and a ledger with work to do
for a test alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from service.app import App
from tests.browser.chromium import installed, launched
from tests.browser.service import console_of
from tests.browser.shop import ServedShop, served_shop
from tests.browser.visits import Visits, visits


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium. It ends with the folder: while it runs, this thread has an event loop that other tests would meet."""
    if installed() is None:
        pytest.skip("needs the program `chromium`, which is not installed")
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture(scope="package")
def origin(month_app: App, of_month: dict[str, Any]) -> Iterator[str]:
    """The address of the console of the month."""
    with console_of(month_app, of_month) as address:
        yield address


@pytest.fixture
def month_visits(chromium: Browser, origin: str) -> Iterator[Visits]:
    """Visits to the console of the month."""
    with visits(chromium, origin) as opened:
        yield opened


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[ServedShop]:
    """A served ledger of its own, with work to do."""
    with served_shop(database_url, tmp_path) as shop:
        yield shop


@pytest.fixture
def shop_visits(chromium: Browser, shop: ServedShop) -> Iterator[Visits]:
    """Visits to the console of the shop."""
    with visits(chromium, shop.origin) as opened:
        yield opened
