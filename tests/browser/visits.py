"""Visits to the console with a browser: signed in as somebody, and watched for what no page may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize

WIDE, NARROW = 1280, 390
HEIGHT = {WIDE: 900, NARROW: 844}
_STATUS_OF_A_PAGE = "Failed to load resource"  # the browser's own remark on a page with a status of 400 or more


class Visits:
    """Opens pages of one console. At the end, each request that left its origin, each violation of its
    Content-Security-Policy and each error of a script is a failure. What pages of the `issuer` do is theirs."""

    def __init__(self, browser: Browser, origin: str, issuer: str = "") -> None:
        self._browser, self.origin, self._issuer = browser, origin, issuer
        self._contexts: list[BrowserContext] = []
        self._faults: list[str] = []
        self.expected: set[int] = set()  # statuses that the test is about

    def page(self, token: str = "", *, width: int = WIDE, language: str = "en-GB", **more: Any) -> Page:
        """Opens a browser of its own, signed in with the token unless it is empty."""
        viewport: ViewportSize = {"width": width, "height": HEIGHT[width]}
        context = self._browser.new_context(base_url=self.origin, viewport=viewport, locale=language, **more)
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._faults.append(f"script: {error.error}"))
        page = context.new_page()
        if token:
            sign_in(page, token)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        assert not self._faults, "\n".join(self._faults)

    def _on_request(self, request: Request) -> None:
        if _origin(request.url) not in (self.origin, "data:") and not self._is_of_issuer(request):
            self._faults.append(f"left the origin: {request.url}")

    def _is_of_issuer(self, request: Request) -> bool:
        if not self._issuer:
            return False
        if request.is_navigation_request():
            return _origin(request.url) == self._issuer
        return _origin(request.frame.url) == self._issuer

    def _on_response(self, response: Response) -> None:
        is_fault = response.status >= 400 and response.status not in self.expected
        if is_fault and not response.request.is_navigation_request():
            self._faults.append(f"{response.status}: {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_STATUS_OF_A_PAGE):
            self._faults.append(f"console: {message.text}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def sign_in(page: Page, token: str) -> None:
    """Signs in on the sign-in page, and waits for the page behind it."""
    page.goto("/console/sign-in")
    page.locator("#token").fill(token)
    page.locator("[data-sign-in] button").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


@contextmanager
def visits(browser: Browser, origin: str, issuer: str = "") -> Iterator[Visits]:
    """Visits that are judged at the end of the block."""
    opened = Visits(browser, origin, issuer)
    yield opened
    opened.close()
