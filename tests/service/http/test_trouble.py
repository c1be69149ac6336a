"""Over HTTP a database in trouble is 503 with a code, and /readyz says why in a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from ledger.log.database_errors import KINDS, DatabaseTrouble, OutcomeUnknown, TroubleKind
from projections.engine.views import Views
from service.app import App, open_app
from service.settings import Settings
from tests.support.access import reader_of


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    with open_app(settings, create=True) as app:
        yield app


def _client(app: App) -> TestClient:
    return reader_of(app)


class _Troubled:
    """An engine, or a reader, of a database in this trouble."""

    def __init__(self, raise_: Callable[[], Any]) -> None:
        self._raise = raise_

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: self._raise()


def _troubled(app: App, kind: TroubleKind) -> App:
    def raise_() -> None:
        raise DatabaseTrouble("words", "postgresql://secret.host/books", kind)

    ledger: Any = _Troubled(raise_)
    ledger.reader, ledger.identity = _Troubled(raise_), app.ledger.identity
    engine: Any = _Troubled(raise_)
    return replace(app, views=Views(engine, ledger.reader), ledger=ledger)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_read_is_answered_with_the_kind_and_when_to_come_again(app: App, kind: TroubleKind) -> None:
    answer = _client(_troubled(app, kind)).get("/v1/balances")
    assert (answer.status_code, answer.json()["code"]) == (503, kind.code)
    assert int(answer.headers["Retry-After"]) >= 1
    assert "secret.host" not in answer.text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_readyz_says_why_it_is_not_ready(app: App, kind: TroubleKind) -> None:
    client = _client(_troubled(app, kind))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert kind.what in answer.json()["detail"]
    assert client.get("/healthz").status_code == 200


def test_a_read_only_database_is_not_ready(app: App) -> None:
    app.ledger.reader.check_writable()
    with app.ledger.engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    owner = app.settings.database_url
    _as_owner(owner, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        app.ledger.engine.dispose()
        answer = _client(app).get("/readyz")
    finally:
        _as_owner(owner, f"ALTER DATABASE {name} RESET default_transaction_read_only")
        app.ledger.engine.dispose()
    assert answer.status_code == 503
    assert "accepts no writes" in answer.json()["detail"]


def _as_owner(url: str, statement: str) -> None:
    writing = {"options": "-c default_transaction_read_only=off"}
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=writing)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_an_unknown_outcome_says_that_it_may_be_sent_again() -> None:
    assert "same ids" in OutcomeUnknown("words").public
