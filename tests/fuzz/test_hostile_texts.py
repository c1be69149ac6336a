"""Hostile texts in every free text of every command: shown as they were sent, on each page, in CSV and in Excel."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO, StringIO
from itertools import cycle
from random import Random
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from commands.menu import MENU
from ledger.events.orders import OrderPlaced
from service.app import App, open_app
from service.console.application import with_console
from service.demo.simulator.days import SEED
from service.demo.simulator.month import record_month
from service.embedded import EmbeddedPostgres
from service.http.document.command_schemas import OVER_HTTP
from service.questions.question import Role
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.fuzz.facts import Facts
from tests.fuzz.planted import Desk, facts_of
from tests.fuzz.values import ENVELOPE, Values
from tests.service.console.conftest import signed_in
from tests.simulation.models.recorded_facts import events_of
from tests.support.console_pages import paths
from tests.support.month import DAYS, things_of
from tests.support.postgres import clone

pytestmark = pytest.mark.slow

TEXTS = (
    "</bdi></td><script>alert(1)</script>", '" onmouseover="alert(1)" x="', "{{ 7 * 7 }}{% raw %}${7*7}",
    "'; DROP TABLE log.events; --", "=HYPERLINK(1)", "+1+1", "@SUM(1)", "-2+3", "李雷 محمد 🧧 \u202eabc\u202c",
)  # fmt: skip
LONG = "=<b>" + "x" * 65_000
ORDERS, DRAWS = 10, 14
ROLES: tuple[Role, ...] = get_args(Role)
Path = tuple[str | int, ...]


@dataclass
class Hostile:
    """A ledger to which every command was sent with hostile texts, and what came of them."""

    app: App
    things: dict[str, Any]
    client: TestClient
    taken: set[str] = field(default_factory=set)  # commands that take a free text
    recorded: set[str] = field(default_factory=set)  # those of which one was recorded


@pytest.fixture(scope="module")
def hostile(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    url, folder = clone(postgres, template, "hostile_commands"), tmp_path_factory.mktemp("hostile")
    settings = Settings(database_url=url, data_dir=folder, requests_per_second=100_000)
    with open_app(settings, create=True, demonstration=True) as app:
        record_month(app, seed=SEED, orders=ORDERS, days=DAYS)
        app.catch_up()
        things = things_of(app)
        placed = next(row.event for row in events_of(app) if isinstance(row.event, OrderPlaced) and row.event.buyer_ref)
        desk = Desk(app, {"merchant": placed.merchant_id, "buyer": str(placed.buyer_ref)}, ROLES)
        found = Hostile(app, things, signed_in(with_console(desk.client.app), "admin"))  # type: ignore[arg-type]
        _send_everything(desk, found)
        app.catch_up(past_stops=True)
        yield found


def _send_everything(desk: Desk, hostile: Hostile) -> None:
    facts, texts = facts_of(desk.app), cycle(TEXTS)
    for name in OVER_HTTP:
        authority = MENU[name].authority
        roles = [role for role in ROLES if role in authority.any | authority.own]
        for number, data in enumerate(_bodies(name, facts, desk)):
            text = LONG if number % 5 == 0 else next(texts)
            if (planted := _planted(MENU[name].command, data, text)) == data or not roles:
                continue
            hostile.taken.add(name)
            status = desk.post(roles[number % len(roles)], name, f"{name}-{number}", {"data": planted})
            assert status in (200, 403, 404, 409, 413, 422), f"{name}: {status}"
            if status == 200:
                hostile.recorded.add(name)


def _bodies(name: str, facts: Facts, desk: Desk) -> Iterator[dict[str, Any]]:
    """Yields data of the command about known things, which its schema takes."""
    values, kind = Values(Random(name), facts, desk.app.clock, odd=0), MENU[name].command
    for _ in range(DRAWS):
        about = facts.about(values.random, set(kind.model_fields) - ENVELOPE)
        drawn = to_jsonable_python(values.model(kind, about, leave=ENVELOPE))
        if _is_valid(kind, drawn):
            yield drawn


def _is_valid(kind: type[BaseModel], data: dict[str, Any]) -> bool:
    with suppress(ValueError):
        kind.model_validate({"id": "c", "actor": {"kind": "system", "id": "x"}} | data)
        return True
    return False


def _planted(kind: type[BaseModel], data: dict[str, Any], text: str) -> dict[str, Any]:
    """Returns the data with the text in each place that takes it."""
    for path in _paths_of_texts(data):
        changed = deepcopy(data)
        place: Any = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = text
        data = changed if _is_valid(kind, changed) else data
    return data


def _paths_of_texts(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for step, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths_of_texts(each, (*path, step))


def test_most_commands_with_a_free_text_were_recorded_with_a_hostile_one(hostile: Hostile) -> None:
    assert len(hostile.taken) > 40
    assert len(hostile.recorded) > len(hostile.taken) / 3, sorted(hostile.taken - hostile.recorded)


def test_every_event_shows_its_hostile_texts_as_they_were_sent(hostile: Hostile) -> None:
    seen = set[tuple[str, str]]()
    for row in events_of(hostile.app):
        payload = row.event.model_dump(mode="json", exclude=set(row.event.sealed_fields))
        texts = {str(_at(payload, path)) for path in _paths_of_texts(payload)} & {*TEXTS, LONG}
        if {(row.type, text) for text in texts} - seen:
            page = hostile.client.get(f"/console/events/{row.book}:{row.position}").text
            assert _runs_nothing(page), row.type
            assert {text for text in texts if text not in _shown(page)} == set(), row.type
            seen |= {(row.type, text) for text in texts}
    assert {text for _, text in seen} >= {*TEXTS}


def test_no_page_runs_a_hostile_text(hostile: Hostile) -> None:
    for path in paths(hostile.things):
        page = hostile.client.get(f"/console{path}").text
        assert _runs_nothing(page), path


@pytest.mark.parametrize("name", [each.name for each in QUESTIONS.values() if each.exported])
def test_no_export_has_a_formula(hostile: Hostile, name: str) -> None:
    path = dict(zip(QUESTIONS, paths(hostile.things)[1:], strict=True))[name].partition("?")[0]
    listed = hostile.client.get(f"/console{path}?format=csv")
    assert listed.status_code == 200, listed.text
    cells = [cell for row in csv.reader(StringIO(listed.text)) for cell in row]
    assert [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![\d.]+$)", cell) and cell != "-"] == []
    workbook = load_workbook(BytesIO(hostile.client.get(f"/console{path}?format=xlsx").content))
    assert [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _runs_nothing(page: str) -> bool:
    """Returns True if neither the script nor the attribute of `TEXTS` left its text."""
    return "<script>alert" not in page and 'onmouseover="' not in page


def _shown(page: str) -> str:
    """The text that a browser shows."""
    return unescape(re.sub(r"<[^>]*>", "", page))
