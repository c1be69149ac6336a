"""Fixtures of a small trading month, recorded once, for everything that only reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.app import App, open_app
from service.demo.simulator.days import SEED, Days
from service.demo.simulator.month import record_month
from service.questions.asked import answer_to
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.support.postgres import Server, clone

ORDERS = 40
README_OF = date(2026, 11, 28)  # the day of the month in the README
DAYS = Days.until(min(README_OF, datetime.now(UTC).date()))


@pytest.fixture(scope="session")
def month(postgres: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
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


@pytest.fixture(scope="session")
def of_month(month_app: App) -> dict[str, Any]:
    """Values of the month for the paths: two merchants that were paid, and things of the first."""
    return things_of(month_app)


def things_of(app: App) -> dict[str, Any]:
    """Returns the ids of two merchants that were paid, and of things of the first."""
    question = QUESTIONS["payouts"]
    payouts = answer_to(question, app, {each.name: each.default for each in question.parameters}).data
    first = next(row for row in payouts if row.run_id)
    other = next(row.merchant for row in payouts if row.merchant != first.merchant)
    with app.ledger.engine.connect() as connection:
        order, buyer = connection.exec_driver_sql(
            "SELECT payload::jsonb ->> 'order_id', payload::jsonb ->> 'buyer_ref' FROM log.events"
            " WHERE type = 'order.placed' AND stream LIKE %s ORDER BY 1 LIMIT 1",
            (f"order/{first.merchant}/%",),
        ).one()
    return {
        "merchant": first.merchant, "other": other, "order": order, "buyer": buyer, "payout": first.payout_id,
        "statement": first.statement_id, "run": first.run_id, "event": first.event_id,
    }  # fmt: skip
