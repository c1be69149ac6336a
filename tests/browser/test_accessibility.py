"""Accessibility: axe has no serious finding on any page, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from service.console.navigation import DIFFERENCE, OPERATIONS, VERIFICATION
from service.questions.registry import QUESTIONS
from tests.browser.accessibility import findings
from tests.browser.visits import visits
from tests.support.console_pages import paths

_COMPOSED = {
    "home": "/",
    "home of support": "/support",
    "operations": OPERATIONS.path,
    "what changed": f"{DIFFERENCE.path}?merchant={{merchant}}&earlier=2026-09-10T08:00:00",
    "verification": f"{VERIFICATION.path}?book=1",
    "sign-in": "/sign-in",
    "what does not exist": "/none",
}
_WHOLE = ("status", "sign-in", "what does not exist")  # here the header and the navigation are judged in every look


@pytest.fixture(scope="module")
def page_of_admin(chromium: Browser, origin: str) -> Iterator[Page]:
    """One page that goes from address to address."""
    with visits(chromium, origin) as opened:
        yield opened.page("admin")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*_COMPOSED, *QUESTIONS])
def test_axe_has_no_serious_finding_on_a_page(page_of_admin: Page, of_month: dict[str, Any], name: str) -> None:
    addresses = dict(zip(QUESTIONS, paths(of_month)[1:], strict=True))
    path = addresses[name] if name in addresses else _COMPOSED[name].format(**of_month)
    shown = page_of_admin.goto(f"/console{path}")
    assert shown is not None
    assert shown.status in (200, 404), f"{path}: {shown.status}"
    assert findings(page_of_admin, within="html" if name in _WHOLE else "main") == []
