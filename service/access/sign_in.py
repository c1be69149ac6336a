"""A person signs in with the issuer of OpenID Connect at the terminal: the browser brings the code of the flow to a
port of this machine (RFC 8252).
"""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from secrets import compare_digest
from socketserver import TCPServer
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

from service.access.code_flow import CodeFlow
from service.access.issuer import Issuer
from service.access.issuer_keys import discovered
from service.failures import ServiceFailure, Unavailable

PATIENCE_S = 300.0
_CLIENT_WITHIN_S = 5.0  # a program that connects and says nothing holds the browser up no longer
_EXCHANGED_WITHIN_S = 30.0
_DONE = b"You are signed in. Close this page and go back to the terminal."
_FAILED = b"The sign-in failed. The terminal says why."


def sign_in(issuer: Issuer, *, show: Callable[[str], None], patience_s: float = PATIENCE_S) -> tuple[str, ...]:
    """Calls `show` with the address to open in a browser of this machine. Returns the access token and the identity
    token of the person who signs in there. Raises `ServiceFailure`.
    """
    try:
        places, flow = discovered(issuer.url), CodeFlow.begun()
        with _Return(flow.state) as returned:
            show(flow.address(issuer.client, places, returned.url))
            code = returned.code(patience_s)
        way_back, within_s = returned.url, _EXCHANGED_WITHIN_S
        found = flow.tokens(issuer.client, places, code=code, way_back=way_back, within_s=within_s)
    except (OSError, ValueError) as error:
        raise Unavailable(f"The issuer {issuer.url} does not complete the sign-in: {error}. Try again later.") from None
    return tuple(found.values())


class _Return(TCPServer):
    """The port to which the browser returns. Requests without the state are not ours, and change nothing."""

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.state, self.answer = state, dict[str, str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def code(self, patience_s: float) -> str:
        """Waits for the browser and returns the code that it brings. Raises `ServiceFailure`."""
        give_up = monotonic() + patience_s
        while not self.answer and (left := give_up - monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        if not self.answer:
            raise ServiceFailure(f"Nobody has signed in within {patience_s:g} s. Run the command again.")
        if not self.answer.get("code"):
            reason = self.answer.get("error", "it gave no code")[:100]
            raise ServiceFailure(f"The issuer refused the sign-in: {reason!a}.")
        return self.answer["code"]

    def handle_error(self, *_: Any) -> None:
        """Says nothing: a client that hangs up is not the browser that is waited for."""


class _Page(BaseHTTPRequestHandler):
    server: _Return
    timeout = _CLIENT_WITHIN_S

    def do_GET(self) -> None:
        given = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if not compare_digest(given.get("state", "").encode(), self.server.state.encode()):
            self.send_error(404)
            return
        self.server.answer = given  # first: the browser may hang up
        body = _DONE if given.get("code") else _FAILED
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Prints nothing: the request has the code."""
