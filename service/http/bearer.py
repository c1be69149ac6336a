"""The bearer of a request: the account of the access token in the header `Authorization`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from service.access.gate import Bearer, TokenMissing
from service.http.admission import Admission
from service.questions.reader import Reader

_SCHEME = HTTPBearer(auto_error=False, description="An access token of RedLedger, which begins with `rlk_`.")


def token_in(request: Request) -> str:
    """Returns the text of the token that the request sends, or an empty string."""
    scheme, text = get_authorization_scheme_param(request.headers.get("authorization"))
    return text if scheme.lower() == "bearer" else ""


async def bearer_of(request: Request) -> Bearer:
    """Returns the account of the request's token. Raises `TokenRefused` and `TooMany`."""
    text = token_in(request)
    if not text:
        raise TokenMissing("An access token is needed. Send it as `Authorization: Bearer rlk_…`.")
    admission: Admission = request.app.state.admission
    return await admission.bearer_of(request, text)


async def _bearer(request: Request, _: Annotated[object, Depends(_SCHEME)]) -> Bearer:
    return await bearer_of(request)


AccessBearer = Annotated[Bearer, Depends(_bearer)]


async def _reader(bearer: AccessBearer) -> Reader:
    return Reader(bearer.role, bearer.scope, bearer.account_id)


AccessReader = Annotated[Reader, Depends(_reader)]
