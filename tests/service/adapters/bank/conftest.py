"""A ledger that waits for its bank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import App
from service.finance.settlement_run import settle
from tests.support.buses import open_desk, publish_programme
from tests.support.sales import merchant_ready, released
from tests.support.shops import app_of


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """A ledger with one payout of CNY 133.00 under way."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        opened = app_of(desk)
        settle(opened, "R-1")
        yield opened
