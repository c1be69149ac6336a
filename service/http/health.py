"""Whether the service lives, whether it is ready, and how far its views are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from service.http.parameters import OpenApp, answer
from service.status import status_of

router = APIRouter(tags=["health"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(app: OpenApp, response: Response) -> dict[str, Any]:
    """The database answers, the heads can be read, every view follows; 503 where not."""
    found = status_of(app)
    if found.troubles:
        response.status_code = 503
    return {"status": "not ready" if found.troubles else "ready", "troubles": found.troubles}


@router.get("/status")
def status(app: OpenApp) -> dict[str, Any]:
    """Books, heads, and how far behind each view is. The token is of the heads: what was recorded until now."""
    found = status_of(app)
    return answer(app, found.books, **asdict(found))
