"""Sign-in with an issuer in a browser: from another site and back, and in another tab beside a form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from service.access.issued_tokens import account_of_subject
from service.console.application import with_console
from service.console.session import COOKIE
from service.http.application import make_application
from service.settings import Settings
from tests.browser.visits import Visits, visits
from tests.support.access import open_accounts
from tests.support.buses import open_desk, publish_programme
from tests.support.http_server import served
from tests.support.issuer_process import CLIENT, issuer_process
from tests.support.sales import PROVIDER
from tests.support.shops import app_of

_ANOTHER_SITE = "127.0.0.2"  # an address is a site of its own


@dataclass(frozen=True)
class Office:
    """A served console that trusts an issuer on another site, and the account of its subject `fay`."""

    opened: Visits
    account: str


@pytest.fixture
def office(chromium: Browser, database_url: str, tmp_path: Path) -> Iterator[Office]:
    with (
        issuer_process(tmp_path, host=_ANOTHER_SITE, fay=["finance"]) as url,
        open_desk(database_url, tmp_path) as desk,
    ):
        publish_programme(desk)
        payment = {"psp": "stripe", "capture_ref": "ch-1", "amount": "USD 5.00"}
        desk.expect("report_unmatched_payment", actor=PROVIDER, **payment)
        account = account_of_subject(url, "fay")
        open_accounts(desk.bus, account)
        trusted = Settings(
            oidc_issuer=url, oidc_audience=CLIENT, oidc_roles="finance=finance", oidc_client_secret="any"
        )
        app = app_of(desk, trusted)
        app.catch_up()
        with (
            served(with_console(make_application(app))) as server,
            visits(chromium, f"http://127.0.0.1:{server.port}", url) as opened,
        ):
            yield Office(opened, account)


def sign_in_as_fay(page: Page) -> None:
    page.locator("[data-issuer]").click()
    authorise(page)


def authorise(page: Page) -> None:
    page.get_by_role("button", name="fay").click()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_a_page_that_needs_a_session_leads_by_the_issuer_to_itself(office: Office, script: bool) -> None:
    page = office.opened.page(java_script_enabled=script)
    page.goto("/console/exceptions?status=open")
    sign_in_as_fay(page)
    page.wait_for_url("**/console/exceptions?status=open")
    expect(page.locator(".who .account")).to_have_text(office.account)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[data-issuer]")).to_be_visible()


def test_a_form_whose_session_ends_goes_on_after_a_sign_in_in_another_tab(office: Office) -> None:
    page = office.opened.page()
    page.goto("/console/exceptions")
    sign_in_as_fay(page)
    page.get_by_role("link", name="assign break").click()
    page.get_by_label("owner").fill("lin")
    page.context.clear_cookies(name=COOKIE)
    office.opened.expected.add(401)
    page.get_by_role("button", name="Preview").click()
    with page.context.expect_page() as opening:
        page.locator("[data-issuer]").click()
    authorise(opening.value)
    expect(opening.value.locator(".who .account")).to_have_text(office.account)
    page.get_by_role("button", name="I have signed in in the other tab").click()
    page.get_by_role("button", name="Continue with the form").click()
    expect(page.locator("[data-preview]")).to_be_visible()
    expect(page.locator("main")).to_contain_text("lin")


def test_who_declines_at_the_issuer_is_back_at_the_door(office: Office) -> None:
    page = office.opened.page()
    page.goto("/console/sign-in")
    page.locator("[data-issuer]").click()
    page.get_by_role("button", name="Deny").click()
    # This issuer leaves the state out of its refusal (RFC 6749, §4.1.2.1, wants it back), so that nobody asked for it.
    expect(page.get_by_role("alert")).to_contain_text("Sign in again")
    expect(page.locator("[data-issuer]")).to_be_visible()
