"""Fixtures of a small trading month, recorded once, for everything that only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.app import App, open_app
from service.demo.simulator.days import SEED, Days
from service.demo.simulator.month import record_month
from service.questions.asked import answer_to
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.support.postgres import Server, clone

ORDERS = 40
Values = Callable[[Question], dict[str, Any]]
_EVERYTHING: dict[str, dict[str, Any]] = {
    "exceptions": {"status": "all"},
    "proposals": {"state": "all"},
    "track": {"locale": "zh-Hans"},
}
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


def values_in(app: App) -> Values:
    """Returns what finds values for every parameter that a question needs, in the month."""
    payout = answer_to(QUESTIONS["payouts"], app, blank(QUESTIONS["payouts"])).data[0]
    order = order_with(app, "settlement.released")
    (event, *_) = answer_to(QUESTIONS["audit"], app, blank(QUESTIONS["audit"]) | {"order": order}).data
    ids = {"show payout": payout.payout_id, "show statement": payout.statement_id, "show event": event.event_id}
    ids["show settlement-run"] = ids["run-statements"] = payout.run_id
    needed = {"q": order, "merchant": payout.merchant, "order": order, "as_known_at": payout.initiated_at}

    def of(question: Question) -> dict[str, Any]:
        found = {each.name: needed[each.name] for each in question.parameters if each.required and each.name != "id"}
        own = {"id": ids[question.name]} if question.name in ids else {}
        if question.name == "instructions":  # those of the moment in which the payout waits for the bank
            own = {"as_known_at": payout.initiated_at}
        return blank(question) | found | own | _EVERYTHING.get(question.name, {})

    return of


def blank(question: Question) -> dict[str, Any]:
    return {each.name: each.default for each in question.parameters}


def order_with(app: App, event: str) -> str:
    """Returns an order of the month with an event of this type in its history."""
    with app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT split_part(stream, '/', 3) FROM log.events"
            " WHERE type = %s AND stream LIKE 'order/%%' ORDER BY 1 LIMIT 1",
            (event,),
        )
        return str(found.scalar_one())


def things_of(app: App) -> dict[str, Any]:
    """Returns the ids of two merchants that were paid, and of things of the first."""
    question = QUESTIONS["payouts"]
    payouts = answer_to(question, app, blank(question)).data
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
