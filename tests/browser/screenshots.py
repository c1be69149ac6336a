"""Pictures of the console's pages for docs/, light and dark, wide and narrow: `python -m tests.browser.screenshots`.

Names of pages after the command make the pictures of these alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from ledger.log.migrations import upgrade
from service.app import App, open_app
from service.console.navigation import DIFFERENCE, OPERATIONS, VERIFICATION
from service.demo.simulator.days import SEED
from service.demo.simulator.month import record_month
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.browser.chromium import launched
from tests.browser.service import console_of
from tests.browser.visits import HEIGHT, NARROW, WIDE, Visits, visits
from tests.support.console_pages import paths
from tests.support.month import DAYS, ORDERS, things_of
from tests.support.postgres import QUICK, memory_folder, throwaway_server

_FOLDER = Path(__file__).parents[2] / "docs" / "pictures" / "console"
_COLOURS = 48
_INSTANTS = "earlier=2026-09-10T08:00:00&later=2026-09-20T08:00:00"
_WIDTHS = {"wide": WIDE, "narrow": NARROW}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def pages(things: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yields the name of each page, its address, and the role that looks at it."""
    names = ("home", *(name.replace(" ", "-") for name in QUESTIONS))
    of_role = {"home": "finance"}
    for name, path in zip(names, paths(dict(things)), strict=True):
        if name not in ("subscription", "deliveries"):  # the month has no subscription
            yield name, f"/console{path}", of_role.get(name, "admin")
    yield "operations", f"/console{OPERATIONS.path}", "admin"
    yield "difference", f"/console{DIFFERENCE.path}?merchant={things['merchant']}&{_INSTANTS}", "finance"
    yield "verification", f"/console{VERIFICATION.path}?book=1", "finance"
    yield "home-of-support", "/console/", "support"
    yield "sign-in", "/console/sign-in", ""


def take(page: Page, name: str) -> None:
    """Writes the four pictures of the open page."""
    for width, pixels in _WIDTHS.items():
        page.set_viewport_size({"width": pixels, "height": HEIGHT[pixels]})
        page.reload()
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            reduced(page.screenshot()).save(_FOLDER / f"{name}-{scheme}-{width}.png", optimize=True)


def reduced(png: bytes) -> Image.Image:
    """Returns the picture in its most frequent colours: a page has few, and the shades of its letters are many."""
    shot = Image.open(BytesIO(png)).convert("RGB")
    counted = sorted(shot.getcolors(shot.width * shot.height) or [], key=lambda each: each[0], reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for _, colour in counted[:_COLOURS] for channel in _channels(colour)])
    return shot.quantize(palette=palette, dither=Image.Dither.NONE)


def _channels(colour: object) -> tuple[int, ...]:
    assert isinstance(colour, tuple), "an RGB picture has colours of three channels"
    return colour


def take_all(opened: Visits, things: Mapping[str, Any], wanted: set[str]) -> None:
    of_role = {role: opened.page(role) for role in ("", "admin", "finance", "support")}
    for name, address, role in pages(things):
        if name in wanted or not wanted:
            of_role[role].goto(address)
            take(of_role[role], name)


@contextmanager
def small_month() -> Iterator[App]:
    """The month of the tests, in a database that ends with the block."""
    with TemporaryDirectory() as folder, throwaway_server(QUICK, memory_folder()) as server:
        upgrade(server.url("month"))
        settings = Settings(database_url=server.url("month"), data_dir=Path(folder))
        with open_app(settings, create=True, demonstration=True) as app:
            record_month(app, seed=SEED, orders=ORDERS, days=DAYS)
            app.catch_up()
            yield app


def main(wanted: set[str]) -> None:
    """Takes the pictures of the wanted pages, of all without any."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with small_month() as app, sync_playwright() as playwright, launched(playwright) as browser:
        things = things_of(app)
        with console_of(app, things) as origin, visits(browser, origin) as opened:
            take_all(opened, things, wanted)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
