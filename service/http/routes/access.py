"""Access tokens over HTTP: created, rotated, and exchanged for the one-time code of the first start.

A token is revoked by the command `revoke_access_token`, and an account opened by `open_access_account`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from ledger.events.access import AccountRole
from ledger.ids import Id
from ledger.instants import Instant
from service.access.gate import Bearer, Gate
from service.access.lifetimes import HOUR, LIFE, LONGEST_OVERLAP, OVERLAP
from service.access.token_text import NewToken, id_from, new_token
from service.access.tokens import (
    Issued,
    create_token,
    exchange_code,
    rotate_token,
    token_of,
)
from service.app import App
from service.failures import NotKnown
from service.http.admission import Admission
from service.http.bearer import AccessBearer
from service.http.document.statuses import responses
from service.http.lanes import Lane
from service.http.parameters import OpenApp
from service.http.secret_answers import shown_once
from service.questions.answer_models import envelope_with

router = APIRouter(tags=["access"])
TokenKey = Annotated[
    Id,
    Header(
        alias="Idempotency-Key",
        description="Id of the request, chosen by the client, such as a UUID. A token is shown once: the same key of"
        " the same account is refused with `ACCESS_TOKEN_EXISTS`, which names the token.",
    ),
]


class Code(BaseModel):
    """A code that `redledger up` has printed."""

    model_config = ConfigDict(extra="forbid", title="Code")

    code: Annotated[str, StringConstraints(max_length=100)]


class TokenRequest(BaseModel):
    """The account and the role of a new token. It expires after 90 days unless `expires_at` says otherwise."""

    model_config = ConfigDict(extra="forbid", title="TokenRequest")

    account_id: Id
    role: AccountRole
    expires_at: Instant | None = None


class Rotation(BaseModel):
    """The hours for which the old token still works, and the end of the new one, by default after 90 days."""

    model_config = ConfigDict(extra="forbid", title="Rotation")

    overlap_h: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP // HOUR)] = OVERLAP // HOUR
    expires_at: Instant | None = None


class NewAccessToken(BaseModel):
    """An access token. `token` is shown in this answer only, and stored nowhere."""

    model_config = ConfigDict(extra="forbid")

    token_id: str
    token: str
    expires_at: datetime


TokenAnswer = envelope_with("TokenAnswer", "The envelope of a new token.", NewAccessToken)


@router.post("/v1/tokens", response_model=TokenAnswer, responses=responses(401, 403, 409), name="create_token")
async def create(
    body: TokenRequest, app: OpenApp, request: Request, bearer: AccessBearer, idempotency_key: TokenKey
) -> JSONResponse:
    """Creates an access token. An admin creates tokens of every account; everybody else of their own, in the role of
    the token with which they ask.

    A token is shown once, so a key that was used before is refused with the id of its token.
    """

    def created() -> JSONResponse:
        issued = create_token(
            app.bus,
            account_id=body.account_id,
            role=body.role,
            by=bearer.actor,
            expires_at=body.expires_at or app.clock() + LIFE,
            made=_made(bearer, idempotency_key),
        )
        return _shown(app, issued)

    lane: Lane = request.app.state.batches
    async with lane.entered(bearer.account_id):
        return await run_in_threadpool(created)


@router.post(
    "/v1/tokens/{token_id}/rotate",
    response_model=TokenAnswer,
    responses=responses(401, 403, 404, 409),
    name="rotate_token",
)
async def rotate(
    token_id: Id,
    body: Rotation,
    app: OpenApp,
    request: Request,
    bearer: AccessBearer,
    idempotency_key: TokenKey,
) -> JSONResponse:
    """Creates an access token in place of another of the same account and role, and ends the other after the overlap.

    Another's token is not found, unless an admin asks.
    """

    def rotated() -> JSONResponse:
        created = token_of(app.ledger, token_id).created
        if created is None or (bearer.role != "admin" and created.account_id != bearer.account_id):
            raise NotKnown(sentence)
        issued = rotate_token(
            app,
            token_id,
            by=bearer.actor,
            overlap=body.overlap_h * HOUR,
            expires_at=body.expires_at or app.clock() + LIFE,
            made=_made(bearer, idempotency_key),
        )
        if issued is None:
            raise NotKnown(sentence)
        return _shown(app, issued)

    sentence = f"Token {token_id} is not known or has ended."
    lane: Lane = request.app.state.batches
    async with lane.entered(bearer.account_id):
        return await run_in_threadpool(rotated)


@router.post("/v1/tokens/exchange", response_model=TokenAnswer, responses=responses(401, 409), name="exchange_code")
async def exchange(body: Code, app: OpenApp, request: Request) -> JSONResponse:
    """Exchanges the code of the first start for an access token of the first account. A code is used once."""
    admission: Admission = request.app.state.admission
    gate: Gate = request.app.state.gate
    issued = await admission.checked(request, body.code, lambda text: exchange_code(app, gate.code_of(text)))
    return _shown(app, issued)


def _made(bearer: Bearer, key: str) -> NewToken:
    return new_token(token_id=id_from("key", bearer.account_id, key))


def _shown(app: App, issued: Issued) -> JSONResponse:
    made = {"token_id": issued.token_id, "token": issued.text, "expires_at": issued.expires_at}
    return shown_once(app, issued.outcome, made if issued.text else None)
