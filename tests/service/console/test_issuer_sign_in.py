"""Sign-in to the console with an issuer of OpenID Connect, and what is refused on the way there and back."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from service.access.issued_tokens import account_of_subject
from service.app import App, open_app
from service.console.application import with_console
from service.console.session import COOKIE, FLOW_COOKIE, LONGEST_TOKEN
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.settings import Settings
from tests.service.console.conftest import SIGN_IN, field_in
from tests.support.access import open_accounts
from tests.support.code_issuer import CodeIssuer
from tests.support.issuer import AUDIENCE, running
from tests.support.issuer_process import CLIENT, issuer_process
from tests.support.postgres import clone

BEGIN, RETURNED, HOME = f"{SIGN_IN}/issuer", f"{SIGN_IN}/returned", "/console/"


@dataclass(frozen=True)
class Office:
    """A ledger that trusts the issuer, with the account of its subject `fay`."""

    app: App
    issuer: CodeIssuer

    def browser(self) -> TestClient:
        return browser_of(self.app)

    def begun(self, client: TestClient, next_path: str = HOME) -> str:
        """The address of the issuer's page."""
        answer = client.get(BEGIN, params={"next": next_path})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


def browser_of(app: App) -> TestClient:
    application = with_console(make_application(app))
    return TestClient(application, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="module")
def office(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running(CodeIssuer) as issuer:
        settings = Settings(
            database_url=clone(postgres, template, "console_issuer"),
            data_dir=tmp_path_factory.mktemp("console_issuer"),
            oidc_issuer=issuer.url,
            oidc_audience=AUDIENCE,
            oidc_roles="finance=finance",
        )
        with open_app(settings, create=True) as app:
            open_accounts(app.bus, account_of_subject(issuer.url, "fay"))
            yield Office(app, issuer)


def has_session(client: TestClient) -> bool:
    return COOKIE in client.cookies and client.get("/console/payouts").status_code == 200


def test_a_person_signs_in_at_the_issuer_and_acts_as_the_own_account_in_the_granted_role(office: Office) -> None:
    client, wanted = office.browser(), "/console/payouts?state=paid"
    page = office.begun(client, wanted)
    answer = client.get(RETURNED, params=office.issuer.sends_back(page))
    assert (answer.status_code, f'content="0; url={wanted}"' in answer.text) == (200, True)
    shown = client.get(wanted).text
    assert account_of_subject(office.issuer.url, "fay") in shown
    assert '<span class="role">finance' in shown


def test_a_sign_in_with_an_issuer_that_other_people_wrote_opens_the_console(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with issuer_process(tmp_path_factory.mktemp("issuer"), fay=["finance"]) as url:
        open_accounts(office.app.bus, account_of_subject(url, "fay"))
        settings = replace(office.app.settings, oidc_issuer=url, oidc_audience=CLIENT, oidc_client_secret="any")
        client = browser_of(replace(office.app, settings=settings))
        page = client.get(BEGIN).headers["location"]
        back = httpx2.post(page, data={"sub": "fay"}).headers["location"]
        assert client.get(back).status_code == 200
        assert account_of_subject(url, "fay") in client.get("/console/payouts").text


def test_the_issuer_is_offered_where_it_is_set_up_and_nowhere_else(office: Office) -> None:
    host = urlsplit(office.issuer.url).netloc
    assert f"Sign in with {host}" in office.browser().get(SIGN_IN).text
    without = browser_of(replace(office.app, settings=replace(office.app.settings, oidc_issuer="")))
    assert BEGIN not in without.get(SIGN_IN).text
    assert [without.get(path).status_code for path in (BEGIN, RETURNED)] == [404, 404]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"state": "guessed"}, "did not ask for it"),
        ({"state": ""}, "did not ask for it"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"code": ""}, "it gave no code"),
        ({"code": "", "error": "<script>access_denied"}, "<script>access_denied"),
    ],
)
def test_a_way_back_that_was_not_asked_for_is_refused_before_the_issuer_is_asked(
    office: Office, changed: dict[str, str], says: str
) -> None:
    client = office.browser()
    brought = office.issuer.sends_back(office.begun(client)) | changed
    asked = len(office.issuer.forms)
    answer = client.get(RETURNED, params=brought)
    assert (answer.status_code, says in unescape(answer.text), "<script>access" in answer.text) == (401, True, False)
    assert (len(office.issuer.forms), COOKIE in client.cookies) == (asked, False)


def test_a_guessed_way_back_does_not_end_the_sign_in_that_was_begun(office: Office) -> None:
    client = office.browser()
    brought = office.issuer.sends_back(office.begun(client))
    assert client.get(RETURNED, params=brought | {"state": "guessed"}).status_code == 401
    assert client.get(RETURNED, params=brought).status_code == 200


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"nonce": "of another sign-in"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"aud": "another"}, "Audience"),
        ({"aud": [AUDIENCE, "another"], "azp": "another"}, "another client"),
        ({"exp": 1}, "expired"),
        ({"sub": "zoe"}, "is not open"),
        ({"roles": ["staff"]}, "none of the roles"),
        ({"filler": "x" * LONGEST_TOKEN}, "too long"),
    ],
)
def test_an_identity_token_that_is_not_of_this_sign_in_begins_no_session(
    office: Office, claims: dict[str, Any], says: str
) -> None:
    client = office.browser()
    answer = client.get(RETURNED, params=office.issuer.sends_back(office.begun(client), **claims))
    assert (answer.status_code, says in unescape(answer.text), COOKIE in client.cookies) == (401, True, False)


def test_a_way_back_is_good_once(office: Office) -> None:
    client, thief = office.browser(), office.browser()
    brought = office.issuer.sends_back(office.begun(client))
    assert client.get(RETURNED, params=brought).status_code == 200
    assert has_session(client)
    client.cookies.delete(COOKIE)
    for each in (client, thief):
        assert each.get(RETURNED, params=brought).status_code == 401
        assert COOKIE not in each.cookies


def test_a_code_that_another_browser_asked_for_opens_nothing(office: Office) -> None:
    """The thief has the code and a state of its own, but not the verifier."""
    stolen = office.issuer.sends_back(office.begun(office.browser()))["code"]
    thief = office.browser()
    own = office.issuer.sends_back(office.begun(thief))
    answer = thief.get(RETURNED, params=own | {"code": stolen})
    assert (answer.status_code, COOKIE in thief.cookies) == (401, False)
    assert "does not take this sign-in" in answer.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/v1/payouts", "/console\\evil"])
def test_a_sign_in_leads_to_no_page_but_ours(office: Office, elsewhere: str) -> None:
    client = office.browser()
    answer = client.get(RETURNED, params=office.issuer.sends_back(office.begun(client, elsewhere)))
    assert (answer.status_code, f'content="0; url={HOME}"' in answer.text) == (200, True)


@pytest.mark.parametrize("held", ["", "no base64 !", "W10=", "WzEsMiwzXQ==", "bnVsbA=="])
def test_a_browser_that_holds_something_else_began_no_sign_in(office: Office, held: str) -> None:
    client = office.browser()
    brought = office.issuer.sends_back(office.begun(client))
    client.cookies.delete(FLOW_COOKIE)
    client.cookies.set(FLOW_COOKIE, held, path="/console")
    assert client.get(RETURNED, params=brought).status_code == 401


def test_what_a_sign_in_is_compared_with_stays_in_its_browser(office: Office) -> None:
    client = office.browser()
    client.base_url = client.base_url.copy_with(scheme="https")
    sent = client.get(BEGIN)
    flags = set(sent.headers["set-cookie"].split("; "))
    assert {"HttpOnly", "Path=/console", "SameSite=lax", "Secure", "Max-Age=600"} <= flags
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert (asked["code_challenge_method"], asked["redirect_uri"]) == ("S256", f"https://testserver{RETURNED}")


def test_the_session_ends_with_the_token_of_the_issuer(office: Office) -> None:
    for ends_at, opens in ((2**31, True), (1, False)):
        client = office.browser()
        held = urlsafe_b64encode(office.issuer.token(exp=ends_at).encode()).decode()
        client.cookies.set(COOKIE, held, path="/console")
        assert has_session(client) == opens, ends_at


def test_sign_out_ends_a_session_of_the_issuer(office: Office) -> None:
    client = office.browser()
    client.get(RETURNED, params=office.issuer.sends_back(office.begun(client)))
    proof = field_in(client.get("/console/payouts").text, "proof")
    assert client.post("/console/sign-out", data={"proof": proof}).status_code == 303
    assert not has_session(client)


def test_a_form_whose_session_ended_goes_on_after_a_sign_in_in_another_tab(office: Office) -> None:
    client = office.browser()
    door = client.post("/console/commands/resolve_break", data={"reason": "worn & torn", "confirm": "yes"})
    assert (door.status_code, f'href="{BEGIN}' in door.text, 'target="_blank"' in door.text) == (401, True, True)
    kept = {"kept.reason": field_in(door.text, "kept.reason"), "next": field_in(door.text, "next")}
    early = client.post(SIGN_IN, data=kept | {"signed_in": "yes"})
    assert (early.status_code, field_in(early.text, "kept.reason")) == (401, "worn & torn")
    client.get(RETURNED, params=office.issuer.sends_back(office.begun(client)))
    form = client.post(SIGN_IN, data=kept | {"signed_in": "yes"})
    assert (form.status_code, field_in(form.text, "reason")) == (200, "worn & torn")
    assert 'action="/console/commands/resolve_break"' in form.text


def test_an_issuer_that_does_not_answer_is_no_fault_of_the_person(office: Office) -> None:
    dead = replace(office.app.settings, oidc_issuer="http://127.0.0.1:9")  # the port of the discard protocol
    answer = browser_of(replace(office.app, settings=dead)).get(BEGIN)
    assert (answer.status_code, "ISSUER_UNREACHABLE" in answer.text) == (503, True)
    assert int(answer.headers["retry-after"]) > 0


def test_parameters_that_an_issuer_adds_are_ignored(office: Office) -> None:
    client = office.browser()
    brought = office.issuer.sends_back(office.begun(client)) | {"authuser": "0", "scope": "openid"}
    assert client.get(f"{RETURNED}?{urlencode(brought)}").status_code == 200
