"""Pages of several questions: operations, and what changed between two instants."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from service.console.navigation import COMPOSED, DIFFERENCE, OPERATIONS
from service.questions.registry import QUESTIONS
from tests.service.console.conftest import ROLES, Browser, links_in
from tests.support.access import bearing

EARLIER, LATER = "2026-09-10T08:00:00", "2026-09-20T08:00:00"
BUCKETS = ("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")


def rows_of(page: str, caption: str) -> list[list[str]]:
    """The texts of the cells of the table with this caption; of an amount, its exact form."""
    table = page.partition(f"<caption>{caption}")[2].partition("</table>")[0]
    rows = table.partition("<tbody>")[2].split("<tr")[1:]
    return [[_text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]


def _text(cell: str) -> str:
    amount = re.search(r'<data [^>]*value="([^" ]+) ', cell)
    return amount[1] if amount else unescape(re.sub(r"<[^>]*>", "", cell)).strip()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", [OPERATIONS, DIFFERENCE], ids=lambda page: page.path)
def test_a_composed_page_is_open_to_whom_its_question_is_and_stands_in_their_navigation(
    browser: Browser, role: str, page: Any
) -> None:
    client, readers = browser(role), QUESTIONS[page.question].readers
    may = role in readers.any | readers.own
    assert client.get(f"/console{page.path}").status_code == (200 if may else 403)
    home = client.get("/console/", follow_redirects=True).text
    assert (f"/console{page.path}" in links_in(home)) == may


def test_every_link_of_a_composed_page_leads_to_a_page(browser: Browser, of_month: dict[str, Any]) -> None:
    client = browser("admin")
    asked = {DIFFERENCE: f"?merchant={of_month['merchant']}&earlier={EARLIER}"}
    for page in (each for pages in COMPOSED.values() for each in pages):
        shown = client.get(f"/console{page.path}{asked.get(page, '')}")
        assert shown.status_code == 200
        for address in {each for each in links_in(shown.text) if each.startswith("/console")}:
            assert client.get(address, follow_redirects=True).status_code == 200, address


def test_the_change_of_a_balance_is_that_between_both_answers_of_the_api(
    browser: Browser, of_month: dict[str, Any]
) -> None:
    client, merchant = browser("finance"), of_month["merchant"]
    page = client.get(f"/console{DIFFERENCE.path}?earlier={EARLIER}&later={LATER}&merchant={merchant}").text
    before, after = (
        client.get(
            f"/v1/merchants/{merchant}/balance", params={"as_known_at": f"{at}+08:00"}, headers=bearing("finance")
        ).json()["data"]
        for at in (EARLIER, LATER)
    )
    wanted = [[Decimal(each[name]["amount"]) for each in (before, after)] for name in BUCKETS]
    rows = [list(map(Decimal, cells)) for _, *cells in rows_of(page, "Merchant balance")]
    assert [row[:2] for row in rows] == wanted
    assert [row[2] for row in rows] == [now - then for then, now in wanted]
    assert any(row[2] for row in rows)


def test_the_events_of_a_difference_are_those_of_the_api(browser: Browser, of_month: dict[str, Any]) -> None:
    client, merchant = browser("finance"), of_month["merchant"]
    page = client.get(f"/console{DIFFERENCE.path}?earlier={EARLIER}&later={LATER}&merchant={merchant}").text
    asked = {"as_known_at": f"{EARLIER}+08:00", "then": f"{LATER}+08:00", "merchant": merchant}
    found = client.get(f"/v1{QUESTIONS[DIFFERENCE.question].path}", params=asked, headers=bearing("finance")).json()
    wanted = [each["event_id"] for each in found["data"]["events"]]
    shown = [each for row in rows_of(page, "Events that made the difference") for each in row]
    assert [each for each in shown if each in wanted] == wanted != []


def test_an_unknown_merchant_is_said_on_the_page(browser: Browser) -> None:
    page = browser("finance").get(f"/console{DIFFERENCE.path}?merchant=M-none").text
    assert "M-none" in page.partition('role="alert">')[2].partition("</p>")[0]
