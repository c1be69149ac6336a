"""The bearer of a request: the account of the access token in the header `Authorization`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access.gate import Bearer, TokenMissing
from service.http.admission import Admission
from service.questions.reader import Reader

_SCHEME = HTTPBearer(auto_error=False, description="An access token of RedLedger, which begins with `rlk_`.")


async def _bearer(request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)]) -> Bearer:
    if sent is None:
        raise TokenMissing("An access token is needed. Send it as `Authorization: Bearer rlk_…`.")
    admission: Admission = request.app.state.admission
    return await admission.bearer_of(request, sent.credentials)


AccessBearer = Annotated[Bearer, Depends(_bearer)]


async def _reader(bearer: AccessBearer) -> Reader:
    return Reader(bearer.role, bearer.scope, bearer.account_id)


AccessReader = Annotated[Reader, Depends(_reader)]
