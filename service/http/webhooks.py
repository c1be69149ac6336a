"""Partners' webhooks: signed bodies become reports. A body that is sent again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from commands.bus.fault import fault_of
from commands.bus.outcome import Outcome, first_fault
from commands.command import Command
from projections.tracking.tracking_numbers import parcels_numbered
from service.adapters.carriers import aftership, easypost
from service.adapters.carriers.scan_commands import Lookup
from service.adapters.psp.adyen_notifications import CaptureMode
from service.adapters.psp.webhooks import ParsedBody, adyen_facts, stripe_facts
from service.adapters.raw_bodies import kept_raw
from service.adapters.refused_bodies import PayloadNotUnderstood
from service.app import App
from service.http.errors import KNOWN, NotSetUp
from service.http.lanes import Lane
from service.http.parameters import Name, OpenApp
from service.http.statuses import responses
from service.questions.asked import NotKnown
from service.questions.envelope import enveloped
from service.settings import variable_of
from service.unmatched.provider_facts import record_facts

router = APIRouter(tags=["webhooks"])
Take = Callable[[App, bytes, Mapping[str, str], str], Sequence[Outcome]]
Adapter = Callable[[bytes, Mapping[str, str], str | None, Lookup], list[Command]]


def _scans(adapter: Adapter, app: App, body: bytes, headers: Mapping[str, str], secret: str) -> Sequence[Outcome]:
    return app.bus.submit(adapter(body, headers, secret, partial(parcels_numbered, app.views)))


def _stripe(app: App, body: bytes, headers: Mapping[str, str], secret: str) -> Sequence[Outcome]:
    return _recorded(app, stripe_facts(body, headers, secret, now=app.clock()))


def _adyen(app: App, body: bytes, headers: Mapping[str, str], secret: str) -> Sequence[Outcome]:  # noqa: ARG001
    return _recorded(app, adyen_facts(body, secret, CaptureMode(app.settings.adyen_capture)))


def _recorded(app: App, reported: ParsedBody) -> list[Outcome]:
    """Answers that the body was received although it was not understood. It waits for people; the sender would only
    repeat it."""
    try:
        outcomes = record_facts(app, reported.facts) if reported.facts else []
    finally:
        kept = app.bus.submit(reported.not_understood)
    return [*outcomes, *kept]


# Only who signs can be heard over HTTP; the other adapters read files.
SENDERS: dict[str, Take] = {
    "aftership": partial(_scans, aftership.commands_from),
    "easypost": partial(_scans, easypost.commands_from),
    "stripe": _stripe,
    "adyen": _adyen,
}

_BODY = {
    "requestBody": {
        "required": True,
        "description": "The body, byte for byte as the sender signed it.",
        "content": {"application/json": {"schema": {}}},
    }
}

# What a sender wants to read before it believes that it was heard.
_EXPECTED = {"adyen": {"notificationResponse": "[accepted]"}}


class NotKept(Exception):
    """A webhook failed, and its body could not be stored. The sender must send it again."""


@router.post("/webhooks/{sender}", responses=responses(401, 404), openapi_extra=_BODY)
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
    async with lane.entered():
        return await run_in_threadpool(_take, app, sender, body, dict(request.headers), secret)


def _take(app: App, sender: str, body: bytes, headers: Mapping[str, str], secret: str) -> dict[str, Any]:
    try:
        outcomes = SENDERS[sender](app, body, headers, secret)
    except PayloadNotUnderstood as problem:  # who sent it is known by then; sent again it would be no other
        outcomes = app.bus.submit([kept_raw(body, sender, kind="webhook_unread", refs={"reason": str(problem)})])
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
    (kept,) = app.bus.submit([kept_raw(body, sender, kind="webhook_fault", refs={"fault": fault.reference})])
    if not kept.is_accepted:
        raise NotKept(f"A webhook of {sender} failed by {fault.reference} and could not be kept: {kept.sentence}")
    return kept
