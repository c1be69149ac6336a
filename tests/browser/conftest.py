"""One Chromium and one service over the small trading month for all tests of the folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from service.access.gate import Bearer
from service.app import App
from service.console.application import with_console
from service.http.application import make_application
from tests.browser.visits import Visits, visits
from tests.service.console.conftest import ROLES
from tests.support.access import HeldTokens
from tests.support.http_server import served

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium. It ends with the folder: while it runs, this thread has an event loop that other tests would meet."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs the program `chromium`, which is not installed")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=_FLAGS) as browser:
        yield browser


@pytest.fixture(scope="package")
def origin(month_app: App, of_month: dict[str, Any]) -> Iterator[str]:
    """The address of a service over the month, with a token of each role that is named like the role."""
    scopes = {"merchant": of_month["merchant"], "buyer": of_month["buyer"]}
    bearers: dict[str, Bearer] = {role: Bearer(f"a-{role}", f"T-{role}", role, scopes.get(role)) for role in ROLES}
    with served(with_console(make_application(month_app, gate=HeldTokens(bearers)))) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def month_visits(chromium: Browser, origin: str) -> Iterator[Visits]:
    """Visits to the console of the month."""
    with visits(chromium, origin) as opened:
        yield opened
