"""The secret of a subscription's webhooks over HTTP: made by the service, and shown once."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from commands.subscriptions.rotate_webhook_secret import LONGEST_OVERLAP_H, RotateWebhookSecret
from ledger.ids import Id, command_id, subscription_stream
from ledger.sealed import Sealed
from service.http.bearer import AccessBearer
from service.http.document.statuses import responses
from service.http.lanes import Lane
from service.http.parameters import OpenApp
from service.http.secret_answers import shown_once
from service.questions.answer_models import envelope_with
from service.webhooks.signature import new_secret

router = APIRouter(tags=["subscriptions"])


class SecretRotation(BaseModel):
    """The hours for which webhooks are signed with the secret before too."""

    model_config = ConfigDict(extra="forbid", title="SecretRotation")

    overlap_h: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_H)] = 24


class NewWebhookSecret(BaseModel):
    """A secret of Standard Webhooks. It is shown in this answer only, and stored sealed."""

    model_config = ConfigDict(extra="forbid")

    subscription_id: str
    secret: str
    previous_ends_at: datetime


SecretAnswer = envelope_with("WebhookSecretAnswer", "The envelope of a new secret.", NewWebhookSecret)


@router.post(
    "/v1/subscriptions/{subscription}/webhook-secret",
    response_model=SecretAnswer,
    responses=responses(401, 403, 404, 409),
    name="make_webhook_secret",
)
async def make_secret(
    subscription: Annotated[Id, Path(description="Id of the subscription.")],
    body: SecretRotation,
    app: OpenApp,
    request: Request,
    bearer: AccessBearer,
) -> JSONResponse:
    """Makes the secret that signs the webhooks of the subscription from now on. The first one starts the deliveries.

    Every call makes another secret. If an answer was lost, ask again: the one before signs until the overlap ends.
    `rotate_webhook_secret` takes a secret of your own."""

    def made() -> JSONResponse:
        secret, stream = new_secret(), subscription_stream(subscription)
        command = RotateWebhookSecret(
            id=command_id("webhook_secret", stream, sha256(secret.encode()).hexdigest()),
            actor=bearer.actor,
            subscription_id=subscription,
            secret=Sealed.clear(secret),
            overlap_h=body.overlap_h,
        )
        (outcome,) = app.bus.submit([command])
        ends_at = app.clock() + timedelta(hours=body.overlap_h)
        shown = {"subscription_id": subscription, "secret": secret, "previous_ends_at": ends_at}
        return shown_once(app, outcome, shown if outcome.is_accepted else None)

    lane: Lane = request.app.state.batches
    async with lane.entered(bearer.account_id):
        return await run_in_threadpool(made)
