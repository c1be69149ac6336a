"""Partners' webhooks: signed bodies become reports; reported again they change nothing."""

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
from service.http.errors import KNOWN, NotRecorded, NotSetUp
from service.http.lanes import Lane
from service.http.parameters import Name, OpenApp, answer
from service.http.statuses import responses
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
    """What is not understood waits for people: its sender would only send it again."""
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
        "description": "Byte for byte as the sender signed it.",
        "content": {"application/json": {"schema": {}}},
    }
}

# What a sender wants to read before it believes that it was heard.
_EXPECTED = {"adyen": {"notificationResponse": "[accepted]"}}


class NotKept(Exception):
    """A webhook failed, and nothing of it could be stored: its sender is to send it again."""


@router.post("/webhooks/{sender}", responses=responses(401, 404), openapi_extra=_BODY)
async def webhook(app: OpenApp, sender: Name, request: Request) -> dict[str, Any]:
    """What a tracking provider (`aftership`, `easypost`) or a payment provider (`stripe`, `adyen`) says, signed with
    the secret of the settings.

    A scan finds its parcel by its number, a payment its order by the metadata `merchant_id` and `order_id` or by
    references known before; else it becomes an unmatched item. What is not understood is kept with its codes, and what
    fails by
    a fault of ours is kept whole there, sealed, under the reference that stands in the log.
    """
    if sender not in SENDERS:
        raise NotRecorded(f"There are no webhooks of {sender[:40]!r}: there are {', '.join(SENDERS)}.")
    secret = getattr(app.settings, f"{sender}_secret")
    if not secret:
        raise NotSetUp(f"Webhooks of {sender} are not set up: {variable_of(f'{sender}_secret')} holds their secret.")
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
    return answer(app, vector, outcomes=dict(sorted(counts.items())), **_EXPECTED.get(sender, {}))


def _kept(app: App, sender: str, body: bytes, fault: Outcome) -> Outcome:
    """The body among what waits for people. Raises `NotKept` where it could not be stored either."""
    (kept,) = app.bus.submit([kept_raw(body, sender, kind="webhook_fault", refs={"fault": fault.reference})])
    if not kept.is_accepted:
        raise NotKept(f"A webhook of {sender} failed by {fault.reference} and could not be kept: {kept.sentence}")
    return kept
