"""Orders over HTTP: where their parcels are, and their story step by step."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic_core import from_json

from service.history import Step, history_of
from service.http.parameters import OpenApp
from service.tokens import token_of

router = APIRouter(tags=["orders"])


@router.get("/orders/{order}/history")
def history(
    app: OpenApp, order: str, at: Annotated[int | None, Query(ge=1)] = None, merchant: str | None = None
) -> dict[str, Any]:
    """Each event of the order, what it changed, the order after it and its journal entry. Read from the log itself."""
    steps = list(history_of(app.ledger, order, merchant=merchant, upto=at))
    last = steps[-1].recorded
    return {
        "order": order,
        "steps": [_plain(step) for step in steps],
        "token": token_of(app.ledger.identity, {last.book: last.position}),
    }


def _plain(step: Step) -> dict[str, Any]:
    recorded = step.recorded
    return {
        "step": recorded.version,
        "book": recorded.book,
        "position": recorded.position,
        "type": recorded.type,
        "occurred_at": recorded.occurred_at,
        "recorded_at": recorded.recorded_at,
        "actor": from_json(recorded.actor),
        "event": step.event,
        "changed": step.changed,
        "state": step.state,
        "entry": step.entry,
    }
