"""Lines that a test prints while it runs, also where pytest keeps its output."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Say = Callable[[str], None]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Say:
    def said(line: str) -> None:
        with capfd.disabled():
            print(line, flush=True)

    return said
