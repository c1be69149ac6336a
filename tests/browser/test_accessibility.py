"""Accessibility: axe has no serious finding on any page, light and dark, wide and narrow."""

from __future__ import annotations

from typing import Any

import pytest

from service.console.navigation import DIFFERENCE, OPERATIONS
from tests.browser.accessibility import findings
from tests.browser.visits import Visits
from tests.support.console_pages import paths

_WHOLE = ("/status", "/sign-in", "/none")  # here the header and the navigation are judged in every look


@pytest.mark.slow
def test_axe_has_no_serious_finding_on_any_page(month_visits: Visits, of_month: dict[str, Any]) -> None:
    page = month_visits.page("admin")
    found: list[str] = []
    composed = (OPERATIONS.path, f"{DIFFERENCE.path}?merchant={of_month['merchant']}&earlier=2026-09-10T08:00:00")
    for path in (*paths(of_month), *composed, *_WHOLE[1:]):
        shown = page.goto(f"/console{path}")
        assert shown is not None
        assert shown.status in (200, 404), f"{path}: {shown.status}"
        found += findings(page, within="html" if path in _WHOLE else "main")
    assert found == []
