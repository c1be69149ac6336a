"""The HTTP application: its routes, its errors, and a page that lists them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from html import escape

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.routing import Route, compile_path

from service.access.gate import Gate
from service.access.issued_tokens import issued_tokens
from service.app import App
from service.feeds.event_feed import EventFeed
from service.feeds.tail import Tail
from service.http.admission import Admission
from service.http.document.openapi import completed, operation_id
from service.http.document.statuses import EVERYWHERE, responses
from service.http.edge import Edge
from service.http.errors import handle_errors
from service.http.joined_calls import JoinedCalls
from service.http.lanes import Lane
from service.http.limits import (
    BATCHES,
    BURST_S,
    COMMANDS,
    EXPORTS,
    FEED_READS,
    FOLDS,
    JOINED_CALLS,
    JOINED_COMMANDS,
    MOST_CONNECTIONS,
    READS,
    STREAMS,
    WAITING_READS,
    WEBHOOKS,
    Rate,
)
from service.http.measured import Measured
from service.http.routes import (
    access,
    commands,
    feeds,
    health,
    questions,
    schemas,
    statements,
    subscriptions,
    webhook_secrets,
    webhooks,
)
from service.http.routes import metrics as metrics_route
from service.http.routes.account_keys import AccountKeys
from service.http.routes.straight_way import StraightWay
from service.metrics.metrics import Metrics
from service.metrics.state import LaneState, LedgerState, SubscriptionState
from service.settings import Settings

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}}
dt{{font-family:ui-monospace,monospace;margin-top:.7rem}}dd{{margin:0;color:#555}}</style>
<h1>{title}</h1><p>Every address below <code>/v1</code> needs an access token, in the header <code>Authorization: Bearer
…</code>. Answers are JSON and have a <code>position</code>. Give it to another read as <code>?at_least=…</code>, and
that read includes all you have seen. <a href="/docs">All parameters, to try them with a token</a>.</p>
<dl>{reads}</dl></html>"""

_ROUTERS = (
    ("/v1", questions.router),
    ("/v1", statements.router),
    ("/v1", feeds.router),
    ("", schemas.router),
    ("", access.router),
    ("", webhook_secrets.router),
    ("", commands.router),
    ("", subscriptions.router),
    ("", webhooks.router),
    ("", health.router),
    ("", metrics_route.router),
)
_LANES = ("reads", "waiting_reads", "commands", "batches", "webhooks", "folds", "exports", "streams", "feed_reads")


def make_application(
    app: App, *, patience_s: float = 5.0, gate: Gate | None = None, metrics: Metrics | None = None
) -> FastAPI:
    """Returns the application for an open ledger. The caller closes the ledger. A read with `at_least` waits up to
    the given time. `gate` checks access tokens; by default against the ledger. `metrics` are those that the ledger's
    observer counts; by default none but the application's own."""
    application = FastAPIOffline(
        title="RedLedger",
        redoc_url=None,
        static_url="/docs/assets",
        redirect_slashes=False,
        swagger_ui_parameters={"defaultModelsExpandDepth": -1, "validatorUrl": None},  # asks no validator elsewhere
    )
    application.state.exports = Lane("exports", EXPORTS)
    application.state.app, application.state.patience_s = app, patience_s
    application.state.issued = issued_tokens(app) if app else None
    application.state.gate = gate or Gate(app, foreign=application.state.issued)
    application.state.admission = Admission(application.state.gate, _rate_of(app))
    application.state.reads, application.state.webhooks = Lane("reads", READS), Lane("webhooks", WEBHOOKS)
    application.state.commands = Lane("requests with a command", COMMANDS)
    application.state.batches = Lane("batches and dry runs", BATCHES)
    keys = application.state.account_keys = AccountKeys(app)
    application.state.joined_commands = JoinedCalls(
        lambda sent: commands.answers_to(keys, sent), calls=JOINED_CALLS, most=JOINED_COMMANDS
    )
    application.state.waiting_reads = Lane("reads with `at_least`", WAITING_READS)
    application.state.folds = Lane("reads of past states", FOLDS)
    application.state.tail = Tail(app.ledger, EventFeed(app.ledger)) if app else None
    application.state.view_tails = dict[str, Tail]()
    application.state.streams = Lane("streams of events", STREAMS)
    application.state.feed_reads = Lane("reads of streams", FEED_READS)
    application.add_api_route("/", _index_of(app, _included(application)), include_in_schema=False)
    handle_errors(application)
    counted = application.state.metrics = _watching(metrics or Metrics(), application)
    inner = application.build_middleware_stack
    application.build_middleware_stack = lambda: Measured(Edge(StraightWay(inner())), counted)  # type: ignore[method-assign]
    _serve_document(application)
    return application


def _serve_document(application: FastAPI) -> None:
    """Serves the completed OpenAPI document. It is made once, in one thread however many clients ask: that takes
    seconds, in which the event loop would answer nobody."""
    described, address = application.openapi, application.openapi_url
    document = application.openapi = cache(lambda: completed(described()))  # type: ignore[method-assign]
    text = cache(lambda: json.dumps(document(), ensure_ascii=False).encode())
    asked: JoinedCalls[None, bytes] = JoinedCalls(lambda asked: [text()] * len(asked), calls=1, most=MOST_CONNECTIONS)

    async def answer() -> Response:
        return Response(await asked.answer_to(None), media_type="application/json")

    assert address is not None, "FastAPI has a route of its own for the document"
    routes = application.router.routes
    routes.remove(next(each for each in routes if isinstance(each, Route) and each.path == address))
    application.add_api_route(address, answer, include_in_schema=False)


def _watching(metrics: Metrics, application: FastAPI) -> Metrics:
    """Adds the state of the ledger and of the lanes to the metrics."""
    lanes = LaneState({name: getattr(application.state, name) for name in _LANES})
    app = application.state.app
    application.state.collectors = (lanes, LedgerState(app), SubscriptionState(app))
    for collector in application.state.collectors:
        metrics.registry.register(collector)
    return metrics


def end_streams(application: FastAPI) -> None:
    """Ends all streams, because the service ends. Call it in the event loop."""
    for tail in (application.state.tail, *application.state.view_tails.values()):
        tail.close()


@cache
def _routes() -> APIRouter:
    """Returns the routes, which hold nothing of an application: FastAPI takes long to make them, at their first
    request."""
    routes = APIRouter(responses=responses(*EVERYWHERE), generate_unique_id_function=operation_id)
    for prefix, router in _ROUTERS:
        routes.include_router(router, prefix=prefix)
    return routes


def _included(application: FastAPI) -> dict[str, str]:
    """Adds the routes, the list of their methods, and their addresses. Returns what each address says."""
    application.state.methods, application.state.paths, addresses = [], {}, dict[str, str]()
    application.router.routes.extend(_routes().routes)
    for prefix, router in _ROUTERS:
        for each in router.routes:
            if isinstance(each, APIRoute):
                application.state.methods.append((compile_path(prefix + each.path)[0], each.methods))
                application.state.paths[each.endpoint] = prefix + each.path
                addresses[prefix + each.path] = each.description
    return addresses


def _rate_of(app: App | None) -> Rate:
    """Returns the rate of one account; without a ledger, for an application that serves nothing, the default."""
    per_s = (app.settings if app else Settings()).requests_per_second
    return Rate(burst=per_s * BURST_S, per_s=per_s)


def _index_of(app: App, addresses: Mapping[str, str]) -> Callable[[], Awaitable[HTMLResponse]]:
    async def index() -> HTMLResponse:
        return HTMLResponse(_PAGE.format(title=app.ledger.identity.marked("RedLedger"), reads=reads))

    reads = "".join(f"<dt>{escape(path)}</dt><dd>{escape(says)}</dd>" for path, says in addresses.items())
    return index
