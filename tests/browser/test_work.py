"""Work in a browser: cases decided by forms, by the keyboard alone, and without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import findings
from tests.browser.shop import ServedShop
from tests.browser.visits import NARROW, Visits


def approve(page: Page, name: str) -> None:
    """Approves the first case of the queue, by its preview and a confirmation under one's own name."""
    page.goto("/console/approvals")
    page.get_by_role("link", name="approve refund").first.click()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-confirm] strong")).to_have_text(name)
    page.locator("[data-confirm] button").click()
    expect(page.locator("[data-done=recorded] strong")).to_have_text(name)


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_two_people_approve_a_refund_in_two_rounds(shop: ServedShop, shop_visits: Visits, script: bool) -> None:
    for name in ("mei", "sue"):
        approve(shop_visits.page(name, java_script_enabled=script), name)
        shop.app.catch_up()
    page = shop_visits.page("sam", java_script_enabled=script)
    page.goto("/console/approvals")
    expect(page.get_by_role("link", name="approve refund")).to_have_count(0)


def test_a_break_is_taken_by_an_owner_and_resolved(shop: ServedShop, shop_visits: Visits) -> None:
    page = shop_visits.page("fay")
    page.goto("/console/exceptions")
    page.get_by_role("link", name="assign break").first.click()
    page.get_by_label("owner").fill("lin")
    page.get_by_role("button", name="Preview").click()
    page.locator("[data-confirm] button").click()
    expect(page.locator("[data-done=recorded]")).to_be_visible()
    shop.app.catch_up()
    page.get_by_role("link", name="Back to the queue").click()
    expect(page.get_by_role("cell", name="lin", exact=True)).to_be_visible()
    page.get_by_role("link", name="resolve break").first.click()
    page.get_by_label("resolution").fill("provider_corrected")
    page.get_by_label("reason").fill("Charged twice by mistake; they took it back.")
    page.get_by_role("button", name="Preview").click()
    page.locator("[data-confirm] button").click()
    expect(page.locator("[data-done=recorded]")).to_be_visible()
    shop.app.catch_up()
    page.goto("/console/exceptions")
    expect(page.get_by_role("link", name="resolve break")).to_have_count(0)


def test_back_and_reload_after_a_decision_send_no_form_again(shop: ServedShop, shop_visits: Visits) -> None:
    page = shop_visits.page("mei", java_script_enabled=False)
    approve(page, "mei")
    before = shop.events
    page.reload()
    expect(page.locator("[data-done=recorded]")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("This form was sent before.")).to_be_visible()  # the preview of what is recorded by now
    page.go_back()
    expect(page.locator("[data-form]")).to_be_visible()
    assert shop.events == before


@pytest.mark.parametrize(("name", "shown"), [("mei", "[data-preview]"), ("sue", "[role=alert]")])
def test_the_pages_of_a_command_have_no_serious_finding_of_axe(shop_visits: Visits, name: str, shown: str) -> None:
    """The form, its preview, and the reason why a role may not give the command yet."""
    page = shop_visits.page(name)
    page.goto("/console/approvals")
    page.goto(page.get_by_role("link", name="approve refund").first.get_attribute("href") or "")
    form, found = page.url, findings(page)
    page.goto(form)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(shown)).to_be_visible()
    assert found + findings(page) == []


def test_a_case_is_approved_by_the_keyboard_alone(shop_visits: Visits) -> None:
    page = shop_visits.page("mei")
    page.goto("/console/approvals")
    tab_to(page, "approve refund")
    page.keyboard.press("Enter")
    expect(page.locator("[data-form]")).to_be_visible()
    tab_to(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.locator("[data-preview]")).to_be_visible()
    tab_to(page, "approve refund")
    page.keyboard.press("Enter")
    expect(page.locator("[data-done=recorded]")).to_be_visible()


def tab_to(page: Page, text: str) -> None:
    """Presses Tab until the element with this text has the focus, which must be seen to have it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText?.trim().toLowerCase()") == text.lower():
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"nothing shows that {text} has the focus"
            return
    raise AssertionError(f"Tab does not lead to {text}")


def test_a_double_click_on_a_phone_records_the_approval_once(shop: ServedShop, shop_visits: Visits) -> None:
    page = shop_visits.page("mei", width=NARROW, is_mobile=True, has_touch=True)
    page.goto("/console/approvals")
    page.get_by_role("link", name="approve refund").first.click()
    page.get_by_role("button", name="Preview").click()
    before = shop.events
    page.locator("[data-confirm] button").dblclick()
    expect(page.locator("[data-done]")).to_be_visible()
    assert shop.events - before == page.locator("[data-done] a").count() > 0
