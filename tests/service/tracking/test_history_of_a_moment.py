"""An order's history as of a day and as known at an instant, with its reasons, at both entrances."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.ids import order_of
from ledger.log.rows import Recorded
from service.app import App
from service.cli.main import main
from service.tracking.history import find_order
from tests.support.access import reader_of

Ask = Callable[..., list[dict[str, Any]]]
FUTURE = "2999-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def client(month_app: App) -> Iterator[TestClient]:
    with reader_of(month_app) as client:
        yield client


@pytest.fixture(params=["http", "cli"])
def ask(request: pytest.FixtureRequest, client: TestClient, month_app: App, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Asks one entrance for the steps of an order."""

    def over_http(order: str, **asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(f"/v1/orders/{order}/history", params=asked).json()["data"]
        return found

    def on_the_command_line(order: str, **asked: str) -> list[dict[str, Any]]:
        options = [word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", value)]
        place = ["--database-url", month_app.settings.database_url, "--data-dir", str(month_app.settings.data_dir)]
        capfd.readouterr()
        with pytest.raises(SystemExit):
            main(["history", order, *options, "--format", "json", *place])
        found: list[dict[str, Any]] = json.loads(capfd.readouterr().out)["data"]
        return found

    return over_http if request.param == "http" else on_the_command_line


@pytest.fixture
def scenario(month_app: App, an_order: Callable[[str], str]) -> list[Recorded]:
    """The events of an order that was refunded."""
    book, stream = find_order(month_app.ledger, an_order("refund.requested"))
    return month_app.ledger.reader.read_stream(book, stream)


def name_of(scenario: list[Recorded]) -> str:
    return order_of(scenario[0].stream) or ""


def positions(steps: list[dict[str, Any]]) -> list[int]:
    return [step["position"] for step in steps]


def test_it_shows_what_was_recorded_by_an_instant(ask: Ask, scenario: list[Recorded]) -> None:
    instant = scenario[len(scenario) // 2].recorded_at
    found = ask(name_of(scenario), as_known_at=instant.isoformat().replace("+00:00", "Z"))
    known = [row.position for row in scenario if row.recorded_at <= instant]
    assert positions(found) == known
    assert len(known) < len(scenario)


def test_it_shows_the_accounting_days_up_to_a_day(ask: Ask, scenario: list[Recorded]) -> None:
    day = scenario[len(scenario) // 2].accounting_date
    found = ask(name_of(scenario), as_of=day.isoformat())
    of_the_days = [row.position for row in scenario if row.accounting_date <= day]
    assert positions(found) == of_the_days
    assert len(of_the_days) < len(scenario)


def test_both_times_narrow_it_together(ask: Ask, scenario: list[Recorded]) -> None:
    day, instant = scenario[-1].accounting_date, scenario[0].recorded_at
    found = ask(name_of(scenario), as_of=day.isoformat(), as_known_at=instant.isoformat().replace("+00:00", "Z"))
    assert positions(found) == [row.position for row in scenario if row.recorded_at <= instant]


def test_a_step_says_the_reasons_of_its_event(ask: Ask, scenario: list[Recorded]) -> None:
    found = {step["type"]: step for step in ask(name_of(scenario))}["refund.requested"]
    assert found["event"]["reason"]
    assert found["reasons"]["reason"] == found["event"]["reason"]


def test_an_instant_before_the_order_is_one_sentence(client: TestClient, scenario: list[Recorded]) -> None:
    said = client.get(f"/v1/orders/{name_of(scenario)}/history?as_known_at=2020-01-01T00:00:00Z")
    assert (said.status_code, said.json()["code"]) == (404, "NOT_FOUND")


def test_an_instant_to_come_is_refused(client: TestClient, scenario: list[Recorded]) -> None:
    said = client.get(f"/v1/orders/{name_of(scenario)}/history?as_known_at={FUTURE}")
    assert (said.status_code, said.json()["field"]) == (422, "as_known_at")
