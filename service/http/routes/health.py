"""Health of the service: liveness and readiness."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from ledger.ids import PLATFORM_BOOK
from ledger.log.database_errors import DatabaseTrouble
from service.app import App
from service.http.errors import Problem
from service.http.limits import READY_WITHIN_S
from service.http.parameters import OpenApp
from service.views.status import status_of

router = APIRouter(tags=["health"])


class Readiness(BaseModel):
    """`ready`, or the problems."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["ready", "not ready"]
    troubles: tuple[str, ...]
    incomplete: tuple[str, ...] = ()
    set_aside: dict[str, int] = {}
    policies: tuple[str, ...] = ()
    lost_books: tuple[int, ...] = ()
    demonstration: bool = False


class Liveness(BaseModel):
    """The process runs."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["alive"] = "alive"


@router.get("/healthz")
async def alive() -> Liveness:
    """Answers 200 if the process runs. It needs neither a thread nor the database."""
    return Liveness()


@router.get("/readyz", responses={503: {"model": Readiness | Problem, "description": "The problems"}})
async def ready(app: OpenApp, request: Request, response: Response) -> Readiness:
    """Answers 200 if the database accepts writes and every view follows the log, else 503; 503 also after two
    seconds, and for ten seconds after an append that failed because nothing can be written.

    `incomplete` names the events that views leave out because two people parked them. `set_aside` counts the items
    that timers and other loops could not do; `/v1/exceptions` lists them. `policies` names the policies to publish
    anew. `lost_books` are the books whose server is lost: the service stays ready for all others, and the views are not
    looked at meanwhile. None of these makes the service unready. Without book 0 nothing can be served: 503.
    """
    about: dict[str, Any] = {"demonstration": app.ledger.identity.demonstration}
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            found = await asyncio.shield(_check(request, app))
            troubles = found.troubles + _of_writes(app)
            about |= found.about
    except TimeoutError:
        troubles = (f"The database did not answer within {READY_WITHIN_S:g} s.",)
    if troubles:
        response.status_code, response.headers["Retry-After"] = 503, "1"
    return Readiness(status="not ready" if troubles else "ready", troubles=troubles, **about)


@dataclass(frozen=True, slots=True)
class _Found:
    """The result of a check: troubles that make the service unready, and fields of the answer that do not."""

    troubles: tuple[str, ...]
    about: dict[str, Any]


def _check(request: Request, app: App) -> asyncio.Task[_Found]:
    """Returns the check that runs, or starts one. A database that hangs holds one thread, however often a client
    asks."""
    state = request.app.state
    if (task := getattr(state, "check", None)) is None or task.done():
        task = state.check = asyncio.create_task(run_in_threadpool(_looked_at, app))
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody may be left to hear it
    return task


def _of_writes(app: App) -> tuple[str, ...]:
    trouble = app.ledger.write_trouble()
    return () if trouble is None else (trouble.public,)


def _looked_at(app: App) -> _Found:
    app.ledger.reader.check_writable()
    try:
        found = status_of(app)
    except DatabaseTrouble:
        lost = tuple(app.ledger.reader.lost_books())
        if not lost or PLATFORM_BOOK in lost:
            raise
        return _Found((), {"lost_books": lost})
    about = {"incomplete": found.incomplete, "set_aside": found.set_aside, "policies": found.policies}
    return _Found(found.troubles, about)
