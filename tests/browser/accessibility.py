"""The findings of axe on a page, light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.visits import HEIGHT, NARROW, WIDE

_SERIOUS = ("serious", "critical")
_OTHER_LOOKS: Sequence[tuple[int, Literal["light", "dark"]]] = ((WIDE, "dark"), (NARROW, "light"), (NARROW, "dark"))
_OF_LOOKS = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")  # what width and colours may change
_SHORTEN = """() => document.querySelectorAll("tbody, ul, ol, dl").forEach(
    (list) => [...list.children].slice(list.tagName === "DL" ? 8 : 3).forEach((each) => each.remove()))"""


def findings(page: Page, *, within: str = "main") -> list[str]:
    """The serious findings on the page as it opens, and those within an element in the other schemes and widths.

    Long lists are cut first: each of their rows is made like the others, and axe takes long over thousands.
    """
    page.evaluate(_SHORTEN)
    page.evaluate(AXE_SCRIPT)
    found = list(_found(page, "document", {}))
    for width, scheme in _OTHER_LOOKS:
        page.set_viewport_size({"width": width, "height": HEIGHT[width]})
        page.emulate_media(color_scheme=scheme)
        looks = _found(page, json.dumps(within), {"runOnly": _OF_LOOKS})
        found += [f"{width}, {scheme}: {each}" for each in looks]
    page.set_viewport_size({"width": WIDE, "height": HEIGHT[WIDE]})
    page.emulate_media(color_scheme="light")
    return [f"{page.url}: {each}" for each in found]


def _found(page: Page, within: str, options: dict[str, Any]) -> Iterator[str]:
    asked = json.dumps({"resultTypes": ["violations"], **options})
    for found in page.evaluate(f"axe.run({within}, {asked}).then(found => found.violations)"):
        if found["impact"] in _SERIOUS:
            yield f"{found['id']}: {found['help']}: {[node['html'][:150] for node in found['nodes'][:3]]}"
