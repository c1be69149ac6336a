"""The straight way of a single command: past the routing and the parameters of FastAPI, which cost more than the rest.

Only a request in its plain form goes this way. Every other one, also each that is refused for its form, takes the route
of `service/http/routes/commands.py`, whose parts answer both.
"""

from __future__ import annotations

import re

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.ids import is_id
from service.http.admission import Admission
from service.http.document.command_schemas import OVER_HTTP, ROUTE
from service.http.errors import answer_to_failure
from service.http.routes.commands import Sent, submitted

_PATHS = {f"/v1/commands/{name}".encode(): name for name in OVER_HTTP}
_TOKEN = re.compile(r"Bearer (rlk_[0-9A-Za-z]+)")


class StraightWay:
    """The application, with the straight way before it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = _PATHS.get(scope["raw_path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if name is None or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        headers = _plain_headers(scope)
        key, token = headers.get(b"idempotency-key", ""), _TOKEN.fullmatch(headers.get(b"authorization", ""))
        if token is None or not is_id(key):
            await self._app(scope, receive, send)
            return
        scope["straight_way"] = ROUTE
        request = Request(scope, receive)
        admission: Admission = request.app.state.admission
        try:
            bearer = await admission.bearer_of(request, token[1])
            answer: Response = await submitted(request.app.state, Sent(bearer, name, key, await request.body()))
        except Exception as failure:
            answer = answer_to_failure(request, failure)
        await answer(scope, receive, send)


def _plain_headers(scope: Scope) -> dict[bytes, str]:
    """Returns the two headers that matter; one that is sent twice is in no plain form, and left out."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in (b"idempotency-key", b"authorization"):
            found[name] = "" if name in found else value.decode("latin-1")
    return found
