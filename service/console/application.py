"""The console as an application of its own below `/console`: its routes, and its errors as pages."""

from __future__ import annotations

import json
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route

from ledger.log.database_errors import BOOKS_LOST, DatabaseTrouble
from service.access.gate import TokenMissing, TokenRefused
from service.console import (
    bulk,
    command_pages,
    difference,
    files,
    home,
    issuer_sign_in,
    live,
    operations,
    question_pages,
    sign_in,
    verification,
)
from service.console.edge import ConsoleEdge
from service.console.layout import bare
from service.console.page import Page
from service.console.session import HOME, PROOF, SIGN_IN, ProofMissing, sent_fields
from service.http.errors import KNOWN, answer_to_failure
from service.questions.parameters import PARTIAL

_ROUTERS = (
    files.router,
    sign_in.router,
    issuer_sign_in.router,
    home.router,
    live.router,
    operations.router,
    difference.router,
    verification.router,
    command_pages.router,
    bulk.router,
    question_pages.router,
)


def with_console(application: FastAPI) -> FastAPI:
    """Returns the service's application with the console over the same ledger, gate, lanes and limits."""
    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    console.state = application.state
    for router in _ROUTERS:
        console.include_router(router)
        for each in router.routes:
            if isinstance(each, APIRoute):
                application.state.paths[each.endpoint] = HOME + each.path
    for kind in (*KNOWN, DatabaseTrouble, HTTPException, RequestValidationError, Exception):
        console.add_exception_handler(kind, _failed)
    console.add_exception_handler(TokenMissing, _signed_out)
    console.add_exception_handler(TokenRefused, _signed_out)
    console.add_exception_handler(ProofMissing, _not_ours)
    edge = ConsoleEdge(console)
    application.router.routes.extend((Route(HOME, edge), Mount(HOME, edge)))
    return application


async def _signed_out(request: Request, failure: Exception) -> Response:
    """Leads to sign-in, and from there back to the page. The fields of a form are kept, but not its confirmation."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "GET":
        return RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", 303)
    dropped = (PROOF, command_pages.CONFIRM)
    kept = [(name, value) for name, value in await sent_fields(request) if name not in dropped]
    return sign_in.sign_in_form(request, request.url.path, problem=str(failure), status=401, kept=kept)


def _not_ours(request: Request, _: Exception) -> Response:
    page = Page(request, None)
    sentence = page.language.text("The form was made by another session. Nothing was done. Open the page again.")
    return _problem(page, 403, "FORM_NOT_OURS", sentence)


def _failed(request: Request, failure: Exception) -> Response:
    """Returns the failure as a page, with the status, the code and the sentence that it has for programs."""
    answer = answer_to_failure(request, failure)
    problem = json.loads(bytes(answer.body) or b"{}")
    code = problem.get("code", "")
    partial = _partial(request) if code == BOOKS_LOST.code else ""
    shown = _problem(Page(request, None), answer.status_code, code, problem.get("detail", ""), partial=partial)
    for name in ("retry-after", "allow"):
        if name in answer.headers:
            shown.headers[name] = answer.headers[name]
    return shown


def _partial(request: Request) -> str:
    """Returns the address of the partial answer to the question of this page, if it may have one."""
    question = question_pages.PATHS.get(request.scope["route"].path)
    if question is None or not question.may_be_partial:
        return ""
    return str(request.url.include_query_params(**{PARTIAL.name: "true"}))


def _problem(page: Page, status: int, code: str, sentence: str, *, partial: str = "") -> Response:
    title = page.language.label(code)
    return bare(page, "error.html", status=status, title=title, code=code, sentence=sentence, partial=partial)
