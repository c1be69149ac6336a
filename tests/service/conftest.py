"""Fixtures of the service: settings of an empty ledger, and orders of the shared month."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from service.app import App
from service.settings import Settings
from tests.support.month import order_with


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of an empty ledger of this test's own."""
    return Settings(database_url=database_url, data_dir=tmp_path / "data")


@pytest.fixture
def an_order(month_app: App) -> Callable[[str], str]:
    """Finds an order of the month with an event of this type in its history."""
    return partial(order_with, month_app)
