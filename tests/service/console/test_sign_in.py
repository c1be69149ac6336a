"""Sign-in, sign-out, and forms that another page made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.access.gate import Gate
from service.access.tokens import first_code
from service.app import App, open_app
from service.console.application import with_console
from service.console.session import COOKIE
from service.http.application import make_application
from service.settings import Settings
from tests.service.console.conftest import SIGN_IN, Browser, field_in


def test_a_page_without_a_session_leads_to_sign_in_and_back(browser: Browser) -> None:
    client = browser("")
    answer = client.get("/console/payouts?state=paid&as_of=2026-11-01")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{SIGN_IN}?next=%2Fconsole%2Fpayouts%3Fstate%3Dpaid%26as_of%3D2026-11-01",
    )
    next_path = field_in(client.get(answer.headers["location"]).text, "next")
    back = client.post(SIGN_IN, data={"token": "finance", "next": next_path})
    assert (back.status_code, back.headers["location"]) == (303, "/console/payouts?state=paid&as_of=2026-11-01")


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/v1/payouts", "/console/../v1", "/console\\evil", "/consolevil", ""],
)
def test_sign_in_leads_to_no_page_but_ours(browser: Browser, elsewhere: str) -> None:
    answer = browser("").post(SIGN_IN, data={"token": "finance", "next": elsewhere})
    assert answer.headers["location"] == "/console/"


def test_a_token_that_opens_nothing_begins_no_session(browser: Browser) -> None:
    answer = browser("").post(SIGN_IN, data={"token": "<script>wrong", "next": "/console/"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "This access token is not known." in answer.text


def test_no_script_and_no_other_site_reads_the_session(browser: Browser) -> None:
    plain = browser("").post(SIGN_IN, data={"token": "finance"})
    assert {"HttpOnly", "Path=/console", "SameSite=strict"} <= set(plain.headers["set-cookie"].split("; "))
    client = browser("")
    client.base_url = client.base_url.copy_with(scheme="https")
    assert "Secure" in client.post(SIGN_IN, data={"token": "finance"}).headers["set-cookie"]


def test_the_session_of_a_token_that_ended_leads_to_sign_in(browser: Browser) -> None:
    client = browser("")
    for held in ("d3Jvbmc=", "no base64 !", "/v8="):
        client.cookies.set(COOKIE, held, path="/console")
        assert client.get("/console/payouts").status_code == 303, held


def test_sign_out_ends_the_session(browser: Browser) -> None:
    client = browser("finance")
    proof = field_in(client.get("/console/payouts").text, "proof")
    answer = client.post("/console/sign-out", data={"proof": proof})
    assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
    assert client.get("/console/payouts").status_code == 303


@pytest.mark.parametrize("proof", ["", "wrong", "of support"])
def test_a_form_that_another_session_made_is_refused(browser: Browser, proof: str) -> None:
    client = browser("finance")
    if proof == "of support":
        proof = field_in(browser("support").get("/console/").text, "proof")
    answer = client.post("/console/sign-out", data={"proof": proof})
    assert (answer.status_code, "FORM_NOT_OURS" in answer.text) == (403, True)
    assert client.get("/console/payouts").status_code == 200


def test_a_form_from_another_site_is_refused_even_before_there_is_a_session(browser: Browser) -> None:
    client = browser("")
    answer = client.post(SIGN_IN, data={"token": "finance"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_program_reads_no_page_with_its_header_alone(browser: Browser) -> None:
    """Every page is behind the cookie, whose forms have a proof."""
    assert browser("").get("/console/payouts", headers={"Authorization": "Bearer finance"}).status_code == 303


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    with open_app(settings, create=True) as app:
        yield app


def test_the_code_of_the_first_start_opens_the_console_and_shows_its_token_once(app: App) -> None:
    code, gate = first_code(app), Gate(app)
    client = TestClient(with_console(make_application(app, gate=gate)), follow_redirects=False)
    answer = client.post(SIGN_IN, data={"token": code})
    token = answer.text.split("data-secret>")[1].split("<")[0]
    assert (answer.status_code, gate.bearer_of(token).role) == (200, "admin")
    assert client.get("/console/").status_code == 200
    again = TestClient(client.app, follow_redirects=False).post(SIGN_IN, data={"token": code})
    assert (again.status_code, "set-cookie" in again.headers) == (409, False)
