"""The HTTP application: its addresses, its errors, and a page that lists them."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from service.app import App
from service.http import audit, finance, health, money, orders, webhooks, worklists
from service.http.errors import handle_errors

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>RedLedger</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}}
dt{{font-family:ui-monospace,monospace;margin-top:.7rem}}dd{{margin:0;color:#555}}</style>
<h1>RedLedger</h1><p>Every answer is JSON and carries a <code>token</code>: hand it to another read as
<code>?at_least=…</code>, and that read holds what you have seen. <a href="/docs">All parameters</a>.</p>
<dl>{}</dl></html>"""


def make_application(app: App, *, patience_s: float = 5.0) -> FastAPI:
    """The application over an open ledger, which the caller closes. Reads wait for `at_least` that long."""
    application = FastAPI(title="RedLedger", redoc_url=None, swagger_ui_parameters={"defaultModelsExpandDepth": -1})
    application.state.app, application.state.patience_s = app, patience_s
    routes: list[APIRoute] = []
    for part in (money, finance, orders, worklists, audit, webhooks, health):
        application.include_router(part.router)
        routes += [route for route in part.router.routes if isinstance(route, APIRoute)]
    application.add_api_route("/", lambda: HTMLResponse(_index(routes)), include_in_schema=False)
    handle_errors(application)
    return application


def _index(routes: list[APIRoute]) -> str:
    return _PAGE.format(
        "".join(f"<dt>{_link(route.path)}</dt><dd>{escape(route.description)}</dd>" for route in routes)
    )


def _link(path: str) -> str:
    return escape(path) if "{" in path else f'<a href="{escape(path)}">{escape(path)}</a>'
