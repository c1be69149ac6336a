"""Carriers' webhooks: signed bodies become reports; told again they change nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from commands.command import Command
from projections.tracking_numbers import parcels_numbered
from service.adapters.carriers import aftership, easypost
from service.adapters.carriers.bodies import LONGEST_BYTES
from service.adapters.carriers.routing import Lookup
from service.app import App
from service.http.errors import BodyTooLong, NotRecorded, NotSetUp
from service.http.parameters import OpenApp, answer
from service.settings import variable_of

router = APIRouter(tags=["webhooks"])
Adapter = Callable[[bytes, Mapping[str, str], str | None, Lookup], list[Command]]
# Only who signs can be heard over HTTP; the other adapters read files.
ADAPTERS: dict[str, Adapter] = {"aftership": aftership.commands_from, "easypost": easypost.commands_from}


@router.post("/webhooks/{carrier}")
async def webhook(app: OpenApp, carrier: str, request: Request) -> dict[str, Any]:
    """What a tracking provider tells: `aftership` or `easypost`, signed with the secret of the settings.

    A scan finds its parcel by its number, or goes to the inbox; what is not understood is kept with its codes.
    """
    if carrier not in ADAPTERS:
        raise NotRecorded(f"There are no webhooks of {carrier[:40]!r}: there are {', '.join(ADAPTERS)}.")
    secret = getattr(app.settings, f"{carrier}_secret")
    if not secret:
        raise NotSetUp(f"Webhooks of {carrier} are not set up: {variable_of(f'{carrier}_secret')} holds their secret.")
    body = await _body(request)
    return await run_in_threadpool(_take, app, carrier, body, dict(request.headers), secret)


async def _body(request: Request) -> bytes:
    """The body, read no further than it may be long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BYTES:
            raise BodyTooLong(f"A webhook's body has at most {LONGEST_BYTES} bytes.")
    return body


def _take(app: App, carrier: str, body: bytes, headers: Mapping[str, str], secret: str) -> dict[str, Any]:
    commands = ADAPTERS[carrier](body, headers, secret, partial(parcels_numbered, app.views))
    outcomes = app.bus.submit(commands)
    counts = Counter("repeated" if outcome.repeated else outcome.status for outcome in outcomes)
    vector: dict[int, int] = {}
    for outcome in outcomes:
        if outcome.last:
            vector[outcome.book] = max(vector.get(outcome.book, 0), outcome.last)
    return answer(app, vector, outcomes=dict(sorted(counts.items())))
