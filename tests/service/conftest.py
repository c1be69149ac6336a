"""A small trading month, recorded once, for everything that only reads."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from service.app import App, open_app
from service.demo.simulator.days import SEED, Days
from service.demo.simulator.month import record_month
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.support.postgres import clone

ORDERS = 40
README_OF = date(2026, 11, 28)  # the day of the month in the README
DAYS = Days.until(min(README_OF, datetime.now(UTC).date()))


@pytest.fixture(scope="session")
def month(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a demonstration with a month of forty orders, of the README's days. To be read only."""
    settings = Settings(database_url=clone(postgres, template, "month"), data_dir=tmp_path_factory.mktemp("month"))
    with open_app(settings, create=True, demonstration=True) as app:
        record_month(app, seed=SEED, orders=ORDERS, days=DAYS)
    return settings


@pytest.fixture(scope="session")
def month_app(month: Settings) -> Iterator[App]:
    """The month's ledger, open, its views caught up."""
    with open_app(month) as app:
        app.catch_up()
        yield app


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
