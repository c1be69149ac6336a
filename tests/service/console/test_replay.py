"""The replay of an order: each step as the interface for programs has it, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.access.gate import Bearer
from service.app import App
from service.console.application import with_console
from service.console.replay import Mark, window_of
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from tests.service.console.conftest import Browser, links_in, signed_in
from tests.support.access import HeldTokens, bearing
from tests.support.buses import open_desk, publish_programme
from tests.support.postgres import clone
from tests.support.sales import OWNER, merchant_ready, released
from tests.support.shops import app_of


@pytest.fixture(scope="module")
def shop(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, App]]:
    """A browser of finance over one order that was released, with a refused command on its way and a late signature."""
    folder = Path(tmp_path_factory.mktemp("replay"))
    with open_desk(clone(postgres, template, "replay"), folder) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        refused = desk.ask("cancel_order", actor=OWNER, merchant_id="M-1", order_id="O-1", reason="late")
        assert refused.code
        app = app_of(desk)
        app.catch_up()
        bearers = {name: Bearer(name, f"T-{name}", "finance") for name in ("finance",)}
        yield signed_in(with_console(make_application(app, gate=HeldTokens(bearers))), "finance"), app


def history(client: TestClient, path: str = "/v1/orders/O-1/history") -> Any:
    answer = client.get(path, headers=bearing("finance"))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def page(client: TestClient, step: int) -> str:
    answer = client.get(f"/console/orders/O-1/history?step={step}")
    assert answer.status_code == 200, answer.text
    return answer.text


def cells(page: str, label: str) -> list[str]:
    """The texts of a column."""
    found = re.findall(rf'data-label="{label}"[^>]*>(.*?)</td>', page, flags=re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>|\s+", " ", each)).strip() for each in found]


def test_every_step_shows_the_axes_that_the_history_has(shop: tuple[TestClient, App]) -> None:
    client, _ = shop
    for step in history(client):
        shown = re.findall(r'data-axis="\d">([^<]*)<', page(client, step["step"]))
        assert shown == [each.replace("_", " ") for each in step["axes"].values()], step["step"]


def test_a_step_shows_its_entry_line_by_line(shop: tuple[TestClient, App]) -> None:
    client, _ = shop
    for step in history(client):
        shown = cells(page(client, step["step"]), "base") if step["entry"] else []
        written = [line["base"]["amount"] for line in step["entry"]]
        assert [each.split()[0].replace("\u2212", "-").replace(",", "") for each in shown] == written, step["step"]


def test_a_step_shows_the_merchants_balances_before_and_after_it(shop: tuple[TestClient, App]) -> None:
    client, _ = shop
    (step,) = (each["step"] for each in history(client) if each["type"] == "settlement.released")
    shown = page(client, step)
    rows = list(zip(cells(shown, "bucket"), cells(shown, "before"), cells(shown, "after"), strict=True))
    balance = client.get("/v1/merchants/M-1/balance", headers=bearing("finance")).json()["data"]
    assert [(row[0], row[2].split()[0]) for row in rows] == [
        ("pending", balance["pending"]["amount"]),
        ("available", balance["available"]["amount"]),
    ]
    assert rows[1][1].split()[0] == "0.00"


def test_a_step_shows_the_page_that_the_buyer_saw_then(browser: Browser, of_month: dict[str, Any]) -> None:
    client, order, seen = browser("finance"), of_month["order"], set()
    steps = history(client, f"/v1/orders/{order}/history")
    locale = next(each["event"]["lines"][0]["locale"] for each in steps if each["type"] == "order.placed")
    for step in (steps[0], steps[len(steps) // 2], steps[-1]):
        asked = {"as_known_at": step["recorded_at"], "locale": locale}
        answer = client.get(f"/v1/orders/{order}/tracking", params=asked, headers=bearing("finance"))
        words = answer.json()["data"]["words"]
        page = client.get(f"/console/orders/{order}/history?step={step['step']}").text
        shown = unescape(page.split("data-buyer>")[1])
        said = [words["status"], *(fact["text"] for parcel in words["parcels"] for fact in parcel["timeline"])]
        assert [each for each in said if each not in shown] == []
        assert f'class="status">{words["status"]}<' in shown
        seen.add(words["status"])
    assert len(seen) == 3


def test_a_refused_command_stands_where_the_ledger_refused_it(shop: tuple[TestClient, App]) -> None:
    client, _ = shop
    timeline = page(client, 1).split("<ol>")[1].split("</ol>")[0]
    last = timeline.rindex('class="step')
    assert timeline.index('class="refused"') > last
    assert "cancel_order" in timeline


def test_the_steps_can_be_walked_by_links_alone(shop: tuple[TestClient, App]) -> None:
    client, _ = shop
    address, seen = "/console/orders/O-1/history?step=1", []
    while address:
        shown = client.get(address).text
        seen.append(int(re.findall(r'data-step="(\d+)"', shown)[0]))
        found = re.search(r'rel="next"[^>]*href="([^"]*)"', shown)
        address = unescape(found[1]) if found else ""
    assert seen == [each["step"] for each in history(client)]


def test_a_step_that_the_order_does_not_have_is_not_found(shop: tuple[TestClient, App]) -> None:
    client, _ = shop
    answer = client.get("/console/orders/O-1/history?step=9999")
    assert (answer.status_code, "no step 9999" in answer.text) == (404, True)
    assert client.get("/console/orders/O-1/history?step=0").status_code == 422


def test_an_order_of_two_thousand_marks_shows_those_around_the_step() -> None:
    marks = [Mark(step, "x", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=step), "a") for step in range(1, 2001)]
    for step in (1, 2, 1000, 1999, 2000):
        found = [each.step for each in window_of(marks, step).marks]
        assert (len(found), step in found) == (200, True)
    assert window_of(marks[:7], 3).marks == marks[:7]


def test_a_replay_of_the_past_ends_with_what_was_known(browser: Browser, of_month: dict[str, Any]) -> None:
    client, path = browser("finance"), f"/console/orders/{of_month['order']}/history"
    whole = client.get(path).text
    then = re.findall(r'<time datetime="([^"]*)"', whole.split("<ol>")[1])[1]
    past = client.get(path, params={"as_known_at": then}).text
    assert 1 <= int(re.findall(r'data-last="(\d+)"', past)[0]) < int(re.findall(r'data-last="(\d+)"', whole)[0])
    assert all("as_known_at=" in each for each in links_in(past) if "step=" in each)
