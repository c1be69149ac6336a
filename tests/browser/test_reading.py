"""Reading: the replay of an order beside the API, the way from a payout to an event, a merchant's own, and Chinese."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Page, expect

from tests.browser.visits import NARROW, Visits
from tests.support.access import bearing

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def answer(visits: Visits, path: str) -> Any:
    """Returns the data that `/v1` answers to finance."""
    with urlopen(Request(f"{visits.origin}/v1{path}", headers=bearing("finance")), timeout=30) as sent:
        return json.loads(sent.read())["data"]


def shown_axes(page: Page) -> list[str]:
    return page.locator("[data-axis]").all_text_contents()


def test_three_steps_of_a_replay_have_the_axes_of_the_api(month_visits: Visits, of_month: dict[str, Any]) -> None:
    order = of_month["order"]
    steps = answer(month_visits, f"/orders/{order}/history")
    page = month_visits.page("finance")
    page.goto(f"/console/orders/{order}/history?step=1")
    page.evaluate("window.isTheSamePage = true")
    wanted = {each["step"]: [text.replace("_", " ") for text in each["axes"].values()] for each in steps}
    assert shown_axes(page) == wanted[1]
    page.get_by_role("link", name="Forward").click()
    expect(page.locator("output[for=step]")).to_have_text(re.compile(r"^2 /"))
    assert shown_axes(page) == wanted[2]
    page.get_by_role("link", name="Last step").click()
    expect(page.locator("output[for=step]")).to_have_text(re.compile(rf"^{len(steps)} /"))
    assert shown_axes(page) == wanted[len(steps)]
    assert page.evaluate("window.isTheSamePage"), "each step was put in place of the one before"
    assert page.url.endswith(f"step={len(steps)}"), "the address is the permalink of the step"


def test_a_replay_plays_to_its_end(month_visits: Visits, of_month: dict[str, Any]) -> None:
    page = month_visits.page("finance")
    page.clock.install()
    page.goto(f"/console/orders/{of_month['order']}/history?step=1")
    last = int(page.locator("[data-replay]").get_attribute("data-last") or 0)
    page.get_by_role("button", name="Play").click()
    for step in range(2, last + 1):
        expect(page.locator("output[for=step]")).to_have_text(f"{step} / {last}")
        page.clock.run_for(1_000)
    expect(page.get_by_role("button", name="Play")).to_have_attribute("aria-pressed", "false")


def test_a_payout_leads_to_its_statement_a_line_and_the_event_with_its_entry(
    month_visits: Visits, of_month: dict[str, Any]
) -> None:
    page = month_visits.page("finance")
    page.goto(f"/console/payouts/{of_month['payout']}")
    page.locator("main").get_by_role("link", name=of_month["statement"]).click()
    expect(page.locator("h1")).to_contain_text(of_month["statement"])
    line = page.locator("main tbody tr", has=page.locator('a[href*="/orders/"]')).first
    event = line.locator('a[href*="/events/"]')
    event_id = event.inner_text()
    event.click()
    expect(page.locator(".heading .place")).to_contain_text(event_id)
    expect(page.locator("caption")).to_contain_text("journal entry")


def test_a_merchant_sees_its_own_alone(month_visits: Visits, of_month: dict[str, Any]) -> None:
    page = month_visits.page("merchant")
    expect(page.locator("h1")).to_contain_text(of_month["merchant"])
    page.locator("nav").get_by_role("link", name="Payouts").click()
    merchants = set(page.locator('td[data-label="merchant" i]').all_inner_texts())
    assert merchants == {of_month["merchant"]}
    hidden = page.goto(f"/console/merchants/{of_month['other']}/balance")
    assert hidden is not None
    assert hidden.status == 404


def test_the_console_of_a_chinese_browser_has_no_english_label(month_visits: Visits, of_month: dict[str, Any]) -> None:
    page = month_visits.page("finance", language="zh-CN")
    for path in ("/", f"/merchants/{of_month['merchant']}/balance", f"/orders/{of_month['order']}/history", "/payouts"):
        page.goto(f"/console{path}")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        labels = page.locator("nav a, th:visible, main dt, h2:not(:has(code)), button:visible").all_inner_texts()
        named = {each.strip() for each in labels if re.search(r"[A-Za-z]{2}", each) and not _CHINESE.search(each)}
        assert named - {"SKU"} == set(), path


def test_no_page_is_wider_than_a_phone(month_visits: Visits, of_month: dict[str, Any]) -> None:
    page = month_visits.page("finance", width=NARROW, is_mobile=True, has_touch=True)
    order, merchant = of_month["order"], of_month["merchant"]
    for path in ("/", f"/orders/{order}/history", f"/merchants/{merchant}/balance", "/exceptions", "/status"):
        page.goto(f"/console{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, path


def test_without_a_script_the_replay_is_stepped_by_links_and_the_times_are_picked(
    month_visits: Visits, of_month: dict[str, Any]
) -> None:
    page = month_visits.page("finance", java_script_enabled=False)
    page.goto(f"/console/orders/{of_month['order']}/history?step=1")
    page.get_by_role("link", name="Forward").click()
    expect(page.locator("output[for=step]")).to_have_text(re.compile("^2 /"))
    page.goto("/console/balances")
    page.get_by_label("Accounting day").fill("2026-11-10")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".past")).to_be_visible()
    assert "as_of=2026-11-10" in page.url
