"""A sign-in at the terminal: the browser brings the code to a port of this machine, and no other page can."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from queue import Queue
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from service.access.issuer import Client, Issuer
from service.access.sign_in import sign_in
from service.failures import ServiceFailure, Unavailable
from tests.support.issuer import running_issuer
from tests.support.issuer_process import CLIENT, issuer_process, sign_in_at


class Terminal:
    """A sign-in that waits in another thread. `page` is the address that it shows."""

    def __init__(self, pool: ThreadPoolExecutor, url: str, *, patience_s: float = 30.0) -> None:
        pages: Queue[str] = Queue()
        issuer = Issuer(url, CLIENT, "roles", (), "", Client(CLIENT, "any"))
        self.tokens: Future[tuple[str, ...]] = pool.submit(sign_in, issuer, show=pages.put, patience_s=patience_s)
        self.page = pages.get(timeout=30)
        self.asked = dict(parse_qsl(urlsplit(self.page).query))
        self.state, self.way_back = self.asked["state"], self.asked["redirect_uri"]

    def come_back(self, **given: str) -> int:
        return httpx2.get(self.way_back, params=given).status_code


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with issuer_process(tmp_path_factory.mktemp("issuer"), fay=["finance"]) as url:
        yield url


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_person_who_signs_in_gets_the_tokens_of_the_issuer(url: str, pool: ThreadPoolExecutor) -> None:
    terminal = Terminal(pool, url)
    assert "go back to the terminal" in sign_in_at(terminal.page, "fay")
    access, identity = terminal.tokens.result(30)
    assert (bool(access), identity.count(".")) == (True, 2)


def test_a_code_that_the_sign_in_did_not_ask_for_changes_nothing(url: str, pool: ThreadPoolExecutor) -> None:
    terminal = Terminal(pool, url)
    assert [terminal.come_back(code="stolen"), terminal.come_back(code="stolen", state="guessed")] == [404, 404]
    sign_in_at(terminal.page, "fay")
    assert terminal.tokens.result(30)


def test_a_sign_in_that_the_issuer_refuses_says_why(url: str, pool: ThreadPoolExecutor) -> None:
    terminal = Terminal(pool, url)
    assert terminal.come_back(error="access_denied", state=terminal.state) == 200
    with pytest.raises(ServiceFailure, match="access_denied"):
        terminal.tokens.result(30)


def test_a_code_that_the_issuer_does_not_know_gives_no_token(url: str, pool: ThreadPoolExecutor) -> None:
    terminal = Terminal(pool, url)
    terminal.come_back(code="invented", state=terminal.state)
    with pytest.raises(Unavailable, match="does not complete the sign-in"):
        terminal.tokens.result(30)


def test_nobody_is_waited_for_longer_than_the_patience(url: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(ServiceFailure, match="Nobody has signed in"):
        Terminal(pool, url, patience_s=0.05).tokens.result(30)


def test_the_code_is_sent_with_the_verifier_of_its_challenge(pool: ThreadPoolExecutor) -> None:
    with running_issuer() as issuer:
        issuer.changed = {name: f"{issuer.url}/{name}" for name in ("authorization_endpoint", "token_endpoint")}
        terminal = Terminal(pool, issuer.url)
        terminal.come_back(code="c-1", state=terminal.state)
        assert terminal.tokens.result(30) == ()
        (form,) = issuer.forms
    challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (form["code"], form["redirect_uri"], challenge) == (
        "c-1",
        terminal.way_back,
        terminal.asked["code_challenge"],
    )
