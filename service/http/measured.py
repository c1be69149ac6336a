"""The measure of requests: the time to the beginning of each answer, by method, route and status."""

from __future__ import annotations

import logging
from http import HTTPMethod
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics.metrics import Metrics

OTHER = "other"  # methods and addresses that clients make up get no series of their own
_METHODS = frozenset(HTTPMethod)

_logger = logging.getLogger(__name__)


class Measured:
    """The application, with the measure around it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = monotonic()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else OTHER
                self._answered(method, _route(scope), message["status"], monotonic() - started)
            await send(message)

        await self._app(scope, receive, measured)

    def _answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._metrics.requested(method, route, status, seconds=seconds)
        if _logger.isEnabledFor(logging.INFO):
            about = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 3)}
            _logger.info("%s %s %d", method, route, status, extra=about)


def _route(scope: Scope) -> str:
    """Returns the address of the route as it is declared, by what the straight way or the routing left in the scope."""
    paths: dict[object, str] = scope["app"].state.paths
    return str(scope.get("straight_way") or paths.get(scope.get("endpoint"), OTHER))
