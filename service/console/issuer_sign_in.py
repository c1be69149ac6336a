"""Sign-in to the console with the issuer of OpenID Connect: there and back by the code flow, with PKCE, state and
nonce."""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated
from urllib.error import HTTPError

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from service.access.code_flow import CodeFlow
from service.access.gate import TokenRefused
from service.access.issued_tokens import IssuedTokens
from service.access.issuer_keys import FETCH_WITHIN_S, IssuerUnreachable
from service.console import session
from service.console.layout import bare
from service.console.page import Page
from service.console.session import HOME
from service.console.sign_in import Next, sign_in_form
from service.http.admission import Admission
from service.http.read_route import CheckedRoute

router = APIRouter(route_class=CheckedRoute)
_RETURNED = "/sign-in/returned"
Sent = Annotated[str, Query(max_length=4_000)]


@router.get("/sign-in/issuer")
async def begin(request: Request, next_path: Next = f"{HOME}/") -> Response:
    """Leads to the page of the issuer. What the way back is compared with stays in this browser."""
    issued, flow = _issued(request), CodeFlow.begun()
    admission: Admission = request.app.state.admission
    places = await admission.checked(request, flow.state, lambda _: issued.keys.places())
    response = RedirectResponse(flow.address(issued.issuer.client, places, _way_back(request)), 303)
    session.keep_flow(response, request, flow, next_path)
    return response


async def returned(
    request: Request, state: Sent = "", code: Sent = "", error: Sent = "", iss: Sent | None = None
) -> Response:
    """Begins the session of the person who comes back from the issuer with the code that this browser asked for."""
    issued, begun, text = _issued(request), session.flow_of(request), Page(request, None).language.text
    if begun is None or not compare_digest(begun[0].state.encode(), state.encode()):
        problem = text("This browser did not ask for it, or asked more than ten minutes ago. Sign in again.")
        return sign_in_form(request, f"{HOME}/", problem=problem, status=401)
    flow, next_path = begun
    try:
        token = await _token(request, issued, flow, code=code, error=error, iss=iss)
    except TokenRefused as refused:
        response = sign_in_form(request, next_path, problem=str(refused), status=401)
    else:
        response = bare(Page(request, None), "signed_in.html", next_path=next_path)
        session.begin(response, request, token)
    session.end_flow(response, request)
    return response


# RFC 6749, §4.1.2: parameters that the issuer adds are ignored, so this is no `CheckedRoute`.
router.routes.append(APIRoute(_RETURNED, returned, methods=["GET"]))


async def _token(
    request: Request, issued: IssuedTokens, flow: CodeFlow, *, code: str, error: str, iss: str | None
) -> str:
    """Returns the token that the code is exchanged for. Raises `TokenRefused` and `IssuerUnreachable`."""
    if iss is not None and iss != issued.issuer.url:  # RFC 9207
        raise TokenRefused(f"The way back names another issuer: {iss[:100]!a}.")
    if not code:
        raise TokenRefused(f"The issuer refused the sign-in: {(error or 'it gave no code')[:100]!a}.")
    admission: Admission = request.app.state.admission
    way_back = _way_back(request)
    return await admission.checked(request, code, lambda code: _exchanged(issued, flow, code, way_back))


def _exchanged(issued: IssuedTokens, flow: CodeFlow, code: str, way_back: str) -> str:
    """Returns the first of the issuer's tokens that opens an account, if the identity token is of this very sign-in."""
    client, places = issued.issuer.client, issued.keys.places()
    try:
        found = flow.tokens(client, places, code=code, way_back=way_back, within_s=FETCH_WITHIN_S)
    except (OSError, ValueError) as error:
        if isinstance(error, HTTPError) and error.code < 500:
            raise TokenRefused("The issuer does not take this sign-in. It may have been used before.") from None
        raise IssuerUnreachable(FETCH_WITHIN_S) from None
    issued.expect_identity(found.get("id_token", ""), client.id, flow.nonce)
    reason = TokenRefused("The issuer gave no token.")
    for token in found.values():
        try:
            issued.bearer_of(token)
        except TokenRefused as refused:
            reason = refused
            continue
        return session.short_enough(token)
    raise reason


def _issued(request: Request) -> IssuedTokens:
    issued: IssuedTokens | None = request.app.state.issued
    if issued is None:
        raise HTTPException(404)
    return issued


def _way_back(request: Request) -> str:
    """Returns the address to which the issuer sends the browser back: that of this console, as the browser names it."""
    return f"{request.url.scheme}://{request.url.netloc}{HOME}{_RETURNED}"
