"""Pages: who sees which, that each obeys the picked times, and that none needs a script."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from service.console.replay import BUCKETS
from service.questions.registry import QUESTIONS
from tests.service.console.conftest import ROLES, Browser, keeps_to_itself, links_in
from tests.support.access import bearing
from tests.support.console_pages import paths


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_any_role_is_a_fault_and_each_is_open_to_whom_its_question_is(
    browser: Browser, of_month: dict[str, Any], role: str
) -> None:
    client = browser(role)
    for path, question in zip(paths(of_month)[1:], QUESTIONS.values(), strict=True):
        answer = client.get(f"/console{path}")
        may = role in question.readers.any | question.readers.own
        assert answer.status_code in ((200, 404) if may else (403,)), f"{path}: {answer.status_code}"
        if role == "admin" and path not in ("/subscriptions/none/deliveries", f"/subscriptions/{of_month['other']}"):
            assert answer.status_code == 200, f"{path}: {answer.text}"


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_a_home_page_leads_to_a_page_of_its_reader(browser: Browser, role: str) -> None:
    client = browser(role)
    home = client.get("/console/", follow_redirects=True)
    assert home.status_code == 200
    for address in {each for each in links_in(home.text) if each.startswith("/console")}:
        assert client.get(address, follow_redirects=True).status_code == 200, address


def owed_at_home(browser: Browser, day: str) -> list[str]:
    """The sums of the home page on an accounting day, one for each bucket of what is owed to merchants."""
    tiles = browser("finance").get(f"/console/?as_of={day}").text.partition('<dl class="tiles">')[2].partition("</dl>")
    return re.findall(r'<data [^>]*value="([^"]+) CNY"', tiles[0])


def test_the_home_page_has_the_sums_of_the_picked_day(browser: Browser) -> None:
    days = ("2026-10-10", "2026-11-20")
    for day in days:
        books = browser("").get(f"/v1{QUESTIONS['trial-balance'].path}?as_of={day}", headers=bearing("finance"))
        accounts = books.json()["data"]["accounts"]
        owed = [-Decimal(row["closing"]["amount"]) for row in accounts if row["account"] in BUCKETS]
        *buckets, due_from_merchants = map(Decimal, owed_at_home(browser, day))
        assert sum(buckets) - due_from_merchants == sum(owed) != 0
    assert owed_at_home(browser, days[0]) != owed_at_home(browser, days[1])


def test_a_merchant_sees_its_own_alone(browser: Browser, of_month: dict[str, Any]) -> None:
    client, own, other = browser("merchant"), of_month["merchant"], of_month["other"]
    assert client.get("/console/").headers["location"] == f"/console/merchants/{own}/balance"
    assert client.get(f"/console/merchants/{own}/balance").status_code == 200
    hidden, unknown = (client.get(f"/console/merchants/{name}/balance") for name in (other, "M-none"))
    assert (hidden.status_code, hidden.text.replace(other, "M-none")) == (404, unknown.text)
    listed = client.get("/console/payouts").text
    assert (own in listed, other in listed) == (True, False)


@pytest.mark.parametrize(
    "path",
    ["/console", "/console/", "/console/payouts", "/console/none", "/console/payouts?state=wrong", "/console/sign-in",
     "/console/assets/console.css", "/console/assets/none"],
)  # fmt: skip
@pytest.mark.parametrize("role", ["", "finance"])
def test_every_answer_keeps_the_page_to_itself(browser: Browser, role: str, path: str) -> None:
    keeps_to_itself(browser(role).get(path))


def test_every_link_of_a_page_of_the_past_leads_to_the_same_times(browser: Browser, of_month: dict[str, Any]) -> None:
    picked = "as_of=2026-11-10&as_known_at=2026-11-20T08%3A00%3A00Z"
    client = browser("finance")
    for path in ("/", "/payouts", f"/merchants/{of_month['merchant']}/balance", "/audit"):
        answer = client.get(f"/console{path}?{picked}")
        assert answer.status_code == 200, answer.text
        carried = [each for each in links_in(answer.text) if each.startswith("/console") and "/assets/" not in each]
        assert {each for each in carried if picked not in each and "language" not in each} == {f"/console{path}"}


def test_an_instant_of_the_picker_is_read_in_the_zone_of_the_accounting_day(browser: Browser) -> None:
    client = browser("finance")
    local, exact = (
        client.get(f"/console/payouts?as_of=&as_known_at={written}").text
        for written in ("2026-11-20T16:00", "2026-11-20T08:00:00Z")
    )
    assert 'value="2026-11-20T16:00:00"' in local
    assert _links_to_payouts(local) == _links_to_payouts(exact)


def _links_to_payouts(page: str) -> list[str]:
    return [each for each in links_in(page) if "/payouts/" in each]


def test_a_list_leads_on_by_its_cursor_with_its_filters(browser: Browser) -> None:
    client = browser("finance")
    rows: list[str] = []
    address = "/console/payouts?limit=1&state=paid"
    for _ in range(3):
        page = client.get(address).text
        rows += re.findall(r'data-label="payout id"[^>]*>.*?<bdi>(.*?)</bdi>', page)
        address = next(each for each in links_in(page) if "after=" in each)
        assert "state=paid" in address
    assert len(set(rows)) == 3


def test_no_page_has_a_script_or_a_style_of_its_own(browser: Browser, of_month: dict[str, Any]) -> None:
    client = browser("admin")
    for path in paths(of_month):
        page = client.get(f"/console{path}").text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), path


def test_every_field_of_a_page_has_a_label_and_every_table_headings(browser: Browser) -> None:
    for path in ("/console/", "/console/payouts", "/console/exceptions"):
        page = browser("finance").get(path).text
        for id_or_field in re.findall(r"<(?:input|select)(?![^>]*hidden)[^>]*>", page):
            before = page[: page.index(id_or_field)]
            labelled = before.rindex("<label") > before.rindex("</label>") if "</label>" in before else True
            named = re.search(r'\bid="([^"]+)"', id_or_field)
            own = "aria-label=" in id_or_field
            assert own or labelled or (named and f'for="{named[1]}"' in page), id_or_field
        assert page.count("<table") == page.count("<thead>") > 0
        assert all(f"<{landmark}" in page for landmark in ("header", "nav", "main")), path
