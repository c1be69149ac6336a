"""The Chromium of the machine, which reaches the loopback alone."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.*",
)  # fmt: skip


def installed() -> str | None:
    """Returns the path of the program, None where there is none."""
    return shutil.which("chromium")


def launched(playwright: Playwright) -> Browser:
    """Returns a running browser."""
    return playwright.chromium.launch(executable_path=installed(), args=_FLAGS)
