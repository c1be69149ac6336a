"""The replay of an order with hundreds of events: it says what it shows, and every step is reached.

REDLEDGER_TEST_EVENTS chooses how many, such as 2000.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from commands.menu import MENU
from service.access.gate import Bearer
from service.console.application import with_console
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from tests.service.console.conftest import signed_in
from tests.support.access import HeldTokens
from tests.support.buses import open_desk, publish_programme
from tests.support.given import PARTNER
from tests.support.postgres import clone
from tests.support.sales import merchant_ready, paid, sent
from tests.support.shops import app_of

EVENTS = int(os.environ.get("REDLEDGER_TEST_EVENTS", "450"))
PATH = "/console/orders/O-1/history"


@pytest.fixture(scope="module")
def client(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser of finance over an order that carriers have reported until it has so many events."""
    folder = Path(tmp_path_factory.mktemp("many"))
    with open_desk(clone(postgres, template, "many"), folder) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        sent(desk)
        app = app_of(desk)
        noted, about = MENU["report_tracking"].command, {"merchant_id": "M-1", "order_id": "O-1"}
        seen = {"parcel_id": "O-1-1", "milestone": "noted", "occurred_at": app.clock()}
        reports = [
            noted.model_validate({"id": f"n-{n}", "actor": PARTNER, "raw_code": f"n-{n}", **about, **seen})
            for n in range(EVENTS)
        ]
        for begin in range(0, EVENTS, 200):
            app.bus.submit(reports[begin : begin + 200])
        app.catch_up()
        gate = HeldTokens({"fay": Bearer("fay", "T-1", "finance")})
        yield signed_in(with_console(make_application(app, gate=gate)), "fay")


def steps_of(page: str) -> list[int]:
    timeline = page.partition("<ol>")[2].partition("</ol>")[0]
    return [int(each) for each in re.findall(r'<span class="number">(\d+)</span>', timeline)]


def test_the_timeline_leads_through_every_step_and_says_which_it_shows(client: TestClient) -> None:
    page = client.get(f"{PATH}?step=1").text
    last = int(re.findall(r'data-last="(\d+)"', page)[0])
    seen = steps_of(page)
    assert last >= EVENTS
    assert f"Here are its marks 1–200 / {last:,}." in re.sub(r"\s+", " ", page)
    while later := re.search(r'rel="next" href="([^"]+)">Later marks', page):
        page = client.get(unescape(later[1])).text
        seen += [step for step in steps_of(page) if step > seen[-1]]
    assert seen == list(range(1, last + 1))
    while earlier := re.search(r'rel="prev" href="([^"]+)">Earlier marks', page):
        page = client.get(unescape(earlier[1])).text
        seen = [*(step for step in steps_of(page) if step < seen[0]), *seen]
    assert steps_of(page)[0] == 1
