"""The first layer of the application: gives each request its id, refuses requests beyond the limits before any route,
and marks answers of a demonstration."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.formats.bodies import LONGEST_BYTES
from service.http.errors import error
from service.http.limits import LONGEST_HEAD, LONGEST_TARGET, MOST_HEADERS
from service.http.request_ids import begin

IS_HEAD = "is_head"  # of the scope: the request is answered as GET
_HIDDEN = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)  # programs before this one would read another path
_TOO_LONG = f"A body has at most {LONGEST_BYTES:,} bytes"


class Edge:
    """The outermost layer: what fails in the others is answered inside of it, and so has the id of its request.

    Answers requests beyond the limits, and HEAD as GET without the body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = begin(scope["headers"])
        send = _with_header(send, b"request-id", scope["request_id"].encode())
        if scope["app"].state.app.ledger.identity.demonstration:
            send = _marked(send)
        if refusal := _refusal(scope):
            await refusal(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET", IS_HEAD: True}, _limited(receive), _without_body(send))
        else:
            await self._app(scope, _limited(receive), send)


def _refusal(scope: Scope) -> Response | None:
    path, query = scope["raw_path"], scope["query_string"]
    headers: Iterable[tuple[bytes, bytes]] = list(scope["headers"])
    if len(path) + len(query) > LONGEST_TARGET:
        return error(414, "ADDRESS_TOO_LONG", f"Path and query have at most {LONGEST_TARGET:,} bytes together.")
    if len(scope["headers"]) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LONGEST_HEAD:
        return error(
            431, "HEADERS_TOO_LONG", f"A request has at most {MOST_HEADERS} headers of {LONGEST_HEAD:,} bytes together."
        )
    if any(name == b"content-length" and _is_too_long(value) for name, value in headers):
        return error(413, "BODY_TOO_LONG", f"{_TOO_LONG}.")
    if encoded := [value for name, value in headers if name == b"content-encoding" and value.lower() != b"identity"]:
        return error(
            415, "BODY_ENCODED", f"A signed body must not be encoded. Send it without {ascii(encoded[0])[2:-1]}."
        )
    for field, part in (("path", path), ("query", query)):
        if not _is_utf8(part):
            return error(
                422, "INVALID_PARAMETER", f"The {field} is not UTF-8. Encode its text as UTF-8, then as %XX.", field
            )
    if hidden := _HIDDEN.search(path):
        return error(404, "NOT_FOUND", f"No address has {hidden[0].decode()} in its path. Write the slashes plainly.")
    if twice := _named_twice(query):
        return error(422, "INVALID_PARAMETER", "The query names this parameter twice: send one value.", twice)
    return None


def _named_twice(query: bytes) -> str:
    """Returns the first parameter that the query names twice, or an empty string. Programs differ in which value they
    take."""
    names = Counter(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return next((name for name, times in names.items() if times > 1), "")


def _is_too_long(length: bytes) -> bool:
    digits = length.strip().lstrip(b"0")
    return len(digits) > len(str(LONGEST_BYTES)) or (digits.isdigit() and int(digits) > LONGEST_BYTES)


def _is_utf8(part: bytes) -> bool:
    try:
        unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return False
    return True


def _limited(receive: Receive) -> Receive:
    """Reads the body, and stops when it is longer than allowed."""
    read = 0

    async def next_part() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LONGEST_BYTES:
            raise HTTPException(413, _TOO_LONG)
        return message

    return next_part


def _marked(send: Send) -> Send:
    """Adds the mark of a demonstration to every answer, in every format."""
    return _with_header(send, b"redledger-demonstration", b"true")


def _with_header(send: Send, name: bytes, value: bytes) -> Send:
    async def with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (name, value)]}
        await send(message)

    return with_header


def _without_body(send: Send) -> Send:
    async def head_only(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return head_only
