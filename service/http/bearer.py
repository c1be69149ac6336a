"""The bearer of a request: the account of the access token in the header `Authorization`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access.gate import Bearer, Gate, TokenRefused
from service.questions.reader import Reader

_SCHEME = HTTPBearer(auto_error=False, description="An access token of RedLedger, which begins with `rlk_`.")


class TokenMissing(TokenRefused):
    """The request has no access token."""


def _bearer(request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)]) -> Bearer:
    if sent is None:
        raise TokenMissing("An access token is needed. Send it as `Authorization: Bearer rlk_…`.")
    gate: Gate = request.app.state.gate
    return gate.bearer_of(sent.credentials)


AccessBearer = Annotated[Bearer, Depends(_bearer)]


def _reader(bearer: AccessBearer) -> Reader:
    return Reader(bearer.role, bearer.scope)


AccessReader = Annotated[Reader, Depends(_reader)]
