"""Partners' webhooks: signed bodies become reports. A body that is sent again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from commands.bus.fault import fault_of
from commands.bus.outcome import Outcome, first_fault
from service.adapters.carriers import aftership, easypost
from service.adapters.psp import adyen_notifications, stripe_events
from service.adapters.psp.adyen_notifications import CaptureMode
from service.app import App
from service.failures import NotKnown
from service.formats.refused_bodies import PayloadNotUnderstood
from service.http.admission import address_of
from service.http.document.statuses import responses
from service.http.errors import KNOWN, NotSetUp
from service.http.lanes import Lane
from service.http.parameters import Name, OpenApp
from service.intake.messages import record_facts
from service.partner_facts.bodies import BodyUnread
from service.partner_facts.facts import PartnerFact
from service.questions.answer_models import envelope_with
from service.questions.envelope import enveloped
from service.settings import variable_of

router = APIRouter(tags=["webhooks"])
Read = Callable[[App, bytes, Mapping[str, str], str], Sequence[PartnerFact]]


# Only who signs can be heard over HTTP; the other adapters read files.
SENDERS: dict[str, Read] = {
    "aftership": lambda _, body, headers, secret: aftership.facts_from(body, headers, secret),
    "easypost": lambda _, body, headers, secret: easypost.facts_from(body, headers, secret),
    "stripe": lambda app, body, headers, secret: stripe_events.facts_from(body, headers, secret, now=app.clock()),
    "adyen": lambda app, body, _, secret: adyen_notifications.facts_from(
        body, secret, CaptureMode(app.settings.adyen_capture)
    ),
}

_BODY = {
    "requestBody": {
        "required": True,
        "description": "The body, byte for byte as the sender signed it.",
        "content": {"application/json": {"schema": {"title": "WebhookBody", "type": "object"}}},
    }
}


class ReportOutcomes(BaseModel):
    """The number of commands for each outcome: `recorded`, `nothing`, `refused`, `fault`, or `repeated`."""

    model_config = ConfigDict(extra="forbid")

    outcomes: dict[str, int]


WebhookAnswer = envelope_with(
    "WebhookAnswer",
    "The envelope of an answer to a partner. Adyen's has `notificationResponse`.",
    ReportOutcomes,
    notificationResponse=(str, ""),
)


# What a sender wants to read before it believes that it was heard.
_HEARD: dict[int | str, dict[str, Any]] = {200: {"model": WebhookAnswer, "description": "The report was heard"}}
_EXPECTED = {"adyen": {"notificationResponse": "[accepted]"}}


class NotKept(Exception):
    """A webhook failed, and its body could not be stored. The sender must send it again."""


@router.post(
    "/webhooks/{sender}",
    response_model=None,
    responses=_HEARD | responses(401, 404),
    openapi_extra=_BODY,
    name="receive_webhook",
)
async def webhook(app: OpenApp, sender: Name, request: Request) -> dict[str, Any]:
    """Records the report of a tracking provider (`aftership`, `easypost`) or a payment provider (`stripe`, `adyen`).
    The body must be signed with the secret of the settings.

    A scan is matched to its parcel by tracking number; a payment to its order by the metadata `merchant_id` and
    `order_id`, or by known references. Otherwise it becomes an unmatched item. A body that is not understood is kept
    with its codes. A body that fails through a defect is kept whole, sealed, under the reference in the log.
    """
    if sender not in SENDERS:
        raise NotKnown(f"Webhooks of {sender[:40]!r} are not supported. Supported are: {', '.join(SENDERS)}.")
    secret = getattr(app.settings, f"{sender}_secret")
    if not secret:
        raise NotSetUp(f"Webhooks of {sender} are not set up. Set {variable_of(f'{sender}_secret')} to their secret.")
    body = await request.body()  # no longer than the edge lets it be, and within the protocol's deadline
    lane: Lane = request.app.state.webhooks
    async with lane.entered(address_of(request.scope)):
        return await run_in_threadpool(_take, app, sender, body, dict(request.headers), secret)


def _take(app: App, sender: str, body: bytes, headers: Mapping[str, str], secret: str) -> dict[str, Any]:
    try:
        facts = SENDERS[sender](app, body, headers, secret)
        outcomes = record_facts(app, facts) if facts else []
    except PayloadNotUnderstood as problem:  # who sent it is known by then; sent again it would be no other
        outcomes = record_facts(app, [BodyUnread(sender, body, "webhook_unread", {"reason": str(problem)})])
    except tuple(KNOWN):
        raise
    except Exception as error:
        outcomes = [fault_of(error, command="webhook", id=sender, book=0, stream="")]
    fault = first_fault(outcomes)
    kept = [_kept(app, sender, body, fault)] if fault else []
    counts = Counter("repeated" if outcome.repeated else outcome.status for outcome in outcomes)
    vector: dict[int, int] = {}
    for outcome in (*outcomes, *kept):
        if outcome.last:
            vector[outcome.book] = max(vector.get(outcome.book, 0), outcome.last)
    return enveloped(app, {"outcomes": dict(sorted(counts.items()))}, vector) | _EXPECTED.get(sender, {})


def _kept(app: App, sender: str, body: bytes, fault: Outcome) -> Outcome:
    """Stores the body among the unmatched items. Raises `NotKept` if that fails too."""
    (kept,) = record_facts(app, [BodyUnread(sender, body, "webhook_fault", {"fault": fault.reference})])
    if not kept.is_accepted:
        raise NotKept(f"A webhook of {sender} failed by {fault.reference} and could not be kept: {kept.sentence}")
    return kept
