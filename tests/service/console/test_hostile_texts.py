"""Text from buyers, merchants and partners on every page that shows it: as text, never as a script or a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.access.gate import Bearer
from service.console.application import with_console
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from tests.service.console.conftest import signed_in
from tests.support.access import HeldTokens
from tests.support.buses import open_desk, publish_programme
from tests.support.postgres import clone
from tests.support.sales import BUYER, merchant_ready, order_data
from tests.support.shops import app_of

TEXTS = {
    "script": "</bdi></td><script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" x="',
    "template": "{{ 7 * 7 }}{% raw %}${7*7}",
    "sql": "'; DROP TABLE log.events; --",
    "formula": "=HYPERLINK(1)",
    "people": "李雷 محمد 🧧\u202eabc",
}


@pytest.fixture(scope="module")
def hostile(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A browser over a ledger whose texts from outside are hostile, all of them in one."""
    text, folder = " ".join(TEXTS.values()), Path(tmp_path_factory.mktemp("hostile"))
    with open_desk(clone(postgres, template, "hostile"), folder) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        order = order_data()
        order["lines"][0] |= {"title_shown": text, "title_source": text}
        desk.expect("place_order", actor=BUYER, **order)
        app = app_of(desk)
        app.catch_up()
        gate = HeldTokens({"admin": Bearer("ada", "T-1", "admin")})
        yield signed_in(with_console(make_application(app, gate=gate)), "admin")


@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_text_is_shown_as_it_was_sent(hostile: TestClient, kind: str) -> None:
    placed = re.findall(r'href="(/console/events/[^"]+)"', hostile.get("/console/audit?order=O-1").text)[0]
    tracking, event = (hostile.get(path).text for path in ("/console/orders/O-1/tracking", placed))
    for page in (tracking, event):
        assert TEXTS[kind] in _shown(page)
        assert "<script>alert" not in page
        assert 'onmouseover="' not in page


def test_a_hostile_search_is_shown_as_text(hostile: TestClient) -> None:
    page = hostile.get("/console/search", params={"q": TEXTS["script"] + TEXTS["attribute"]}).text
    assert ("<script>alert" in page, 'onmouseover="' in page) == (False, False)


def test_a_hostile_address_is_shown_as_text(hostile: TestClient) -> None:
    script = "%22%3E%3Cscript%3Ealert(1)"
    for path in (f"events/{script}", script, f"payouts?state={script}", f"sign-in?next={script}"):
        assert "<script>alert" not in hostile.get(f"/console/{path}").text, path


def _shown(page: str) -> str:
    """The text that a browser shows."""
    return unescape(re.sub(r"<[^>]*>", "", page))
