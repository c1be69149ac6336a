"""An issuer of OpenID Connect that other people wrote, as a process on the loopback, and a sign-in with it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support.ports import free_ports
from tests.support.programs import Program
from tests.support.services import until

CLIENT = "redledger"  # the audience of its tokens
_RETURN = "http://127.0.0.1/returned"


@contextmanager
def issuer_process(folder: Path, *, host: str = "127.0.0.1", **roles: list[str]) -> Iterator[str]:
    """Yields the address of an issuer that knows these people and gives them these roles."""
    (port,) = free_ports(1)
    url, people = f"http://{host}:{port}", [{"sub": name, "roles": each} for name, each in roles.items()]
    claims = [argument for person in people for argument in ("--user-claims", json.dumps(person))]
    command = ("oidc_provider_mock", "--host", host, "--port", str(port), *claims)
    process = Program(*command, out=folder / "issuer.out", err=folder / "issuer.err")
    try:
        until(lambda: process.returncode is not None or _answers(url), what="the issuer to answer, or to end")
        assert process.returncode is None, (folder / "issuer.err").read_text()
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def signed_in(url: str, subject: str) -> str:
    """Returns the token of a person who signs in, by the code flow of a browser."""
    with httpx2.Client(timeout=30) as browser:
        places = browser.get(f"{url}/.well-known/openid-configuration").json()
        asked = {"client_id": CLIENT, "redirect_uri": _RETURN, "response_type": "code", "scope": "openid"}
        returned = browser.post(places["authorization_endpoint"], params=asked, data={"sub": subject})
        code = httpx2.URL(returned.headers["location"]).params["code"]
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": _RETURN}
        answer = browser.post(places["token_endpoint"], data=sent, auth=(CLIENT, "any"))
        token: str = answer.json()["id_token"]
        return token


def sign_in_at(page: str, subject: str) -> str:
    """Signs in at the page that a program shows, and follows the browser's way back. Returns what it is shown then."""
    with httpx2.Client(timeout=30) as browser:
        returned = browser.post(page, data={"sub": subject})
        return browser.get(returned.headers["location"]).text


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/jwks").is_success
    except httpx2.TransportError:
        return False
