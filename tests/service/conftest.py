"""Fixtures of the service: settings of an empty ledger, and orders of the shared month."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.app import App
from service.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of an empty ledger of this test's own."""
    return Settings(database_url=database_url, data_dir=tmp_path / "data")


@pytest.fixture
def an_order(month_app: App) -> Callable[[str], str]:
    """Finds an order of the month with an event of this type in its history."""

    def find(event: str) -> str:
        with month_app.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT split_part(stream, '/', 3) FROM log.events"
                " WHERE type = %s AND stream LIKE 'order/%%' ORDER BY 1 LIMIT 1",
                (event,),
            )
            return str(found.scalar_one())

    return find
