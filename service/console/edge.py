"""The first layer of the console: the session becomes the access token of the request, and each answer gets the headers
that keep the page to itself."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.console.session import HOME, token_in_cookie

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"vary": b"Cookie, Accept-Language",
}
_OF_PROGRAMS = (b"authorization", b"if-none-match")  # a page is asked by its session, and made anew
_LOCAL_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?")
_ACCOUNTING_OFFSET = "+08:00"  # Asia/Shanghai has had no other since 1991


class ConsoleEdge:
    """The console, with this layer around it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in HEADERS]
                message = {**message, "headers": [*kept, *HEADERS.items()]}
            await send(message)

        if scope["path"] == HOME:
            await RedirectResponse(f"{HOME}/", 308)(scope, receive, with_headers)
            return
        # In place: the measure of requests looks into the same scope for the route that was found.
        scope["headers"] = _with_bearer(scope)
        scope["query_string"] = _completed(scope["query_string"])
        await self._app(scope, receive, with_headers)


def _with_bearer(scope: Scope) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in scope["headers"] if name not in _OF_PROGRAMS]
    token = token_in_cookie(scope)
    return [*kept, (b"authorization", f"Bearer {token}".encode())] if token else kept


def _completed(query: bytes) -> bytes:
    """Returns the query as a program writes it. A form sends its empty fields too, and its instants without a zone."""
    fields = parse_qsl(query.decode(), keep_blank_values=False)
    return urlencode([(name, _with_zone(value)) for name, value in fields]).encode()


def _with_zone(value: str) -> str:
    return value + _ACCOUNTING_OFFSET if _LOCAL_INSTANT.fullmatch(value) else value
