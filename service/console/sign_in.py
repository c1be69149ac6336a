"""Sign-in to the console: by an access token or the one-time code of the first start; sign-out, and the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.access.gate import Gate, TokenRefused
from service.access.issued_tokens import IssuedTokens
from service.access.token_text import CODE
from service.access.tokens import exchange_code
from service.app import App
from service.console import session
from service.console.language import NAMES
from service.console.layout import bare
from service.console.page import Page
from service.console.session import HOME, SIGN_IN, form_before_session, form_of, own_path, sent_fields, token_in_cookie
from service.http.admission import Admission
from service.http.read_route import CheckedRoute

router = APIRouter(route_class=CheckedRoute)
_KEPT = "kept."  # begins the names of the fields of another form
SIGNED_IN = "signed_in"  # the button of a kept form, whose sign-in is in another tab
Kept = Sequence[tuple[str, str]]  # names and values: a form of many rows has a field for each
Next = Annotated[str, Query(alias="next", max_length=4_000)]


@router.get("/sign-in")
async def sign_in_page(request: Request, next_path: Next = f"{HOME}/") -> Response:
    """Returns the form that takes a token or a code."""
    return sign_in_form(request, next_path)


def sign_in_form(
    request: Request,
    next_path: str,
    *,
    problem: str = "",
    status: int = 200,
    kept: Kept = (),
) -> Response:
    """Returns the form. `kept` are the fields of a form whose session had ended."""
    issued: IssuedTokens | None = request.app.state.issued
    about: dict[str, Any] = {"next_path": own_path(next_path), "problem": problem, "kept": kept}
    about["issuer"] = urlsplit(issued.issuer.url).netloc if issued else ""
    return bare(Page(request, None), "sign_in.html", status=status, **about)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begins the session of a token, of the first token that a code is exchanged for, or goes on with that of
    another tab."""
    fields = await form_before_session(request)
    next_path = own_path(fields.get("next", ""))
    text = token_in_cookie(request.scope) if SIGNED_IN in fields else fields.get("token", "").strip()
    sent = await sent_fields(request)
    kept = [(name.removeprefix(_KEPT), value) for name, value in sent if name.startswith(_KEPT)]
    admission: Admission = request.app.state.admission
    try:
        if text.startswith(f"{CODE}_"):
            return await _by_code(request, admission, text, next_path)
        await admission.bearer_of(request, session.short_enough(text))
    except TokenRefused as refused:
        return sign_in_form(request, next_path, problem=str(refused), status=401, kept=kept)
    response: Response = RedirectResponse(next_path, 303)
    if kept:
        about: dict[str, Any] = {"next_path": next_path, "proof": session.proof_of(text), "kept": kept}
        response = bare(Page(request, None), "kept_form.html", **about)
    session.begin(response, request, text)
    return response


async def _by_code(request: Request, admission: Admission, code: str, next_path: str) -> Response:
    app: App = request.app.state.app
    gate: Gate = request.app.state.gate
    issued = await admission.checked(request, code, lambda text: exchange_code(app, gate.code_of(text)))
    if not issued.text:
        return sign_in_form(request, next_path, problem=issued.outcome.sentence, status=409)
    response = bare(Page(request, None), "first_token.html", token=issued.text, next_path=next_path)
    session.begin(response, request, issued.text)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Ends the session of this browser. The token itself goes on: it may be a program's too."""
    await form_of(request)
    response = RedirectResponse(SIGN_IN, 303)
    session.end(response, request)
    return response


@router.get("/language")
async def choose_language(request: Request, to: Annotated[str, Query()], next_path: Next = f"{HOME}/") -> Response:
    """Keeps the language for this browser. Without a proof: another site gains nothing by it."""
    response = RedirectResponse(own_path(next_path), 303)
    if to in NAMES:
        session.keep_language(response, request, to)
    return response
