"""Orders over HTTP: where their parcels are, and their story step by step."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic_core import to_jsonable_python

from projections.tracking import track
from service.history import history_of
from service.http.errors import NotRecorded
from service.http.parameters import AtLeast, OpenApp, answer
from service.tracking import told

router = APIRouter(tags=["orders"])


@router.get("/orders/{order}/tracking")
def tracking(app: OpenApp, order: str, at_least: AtLeast, merchant: str | None = None) -> dict[str, Any]:
    """Where an order's parcels are, in a buyer's words, and what the buyer may ask for. No amount, no partner."""
    found = track(app.views, order, merchant=merchant, at_least=at_least.vector, timeout_s=at_least.timeout_s)
    if found is None:
        raise NotRecorded(f"Nothing of an order {order!r} was recorded.")
    return answer(app, found.vector, order=told(found, app.clock()))


@router.get("/orders/{order}/history")
def history(
    app: OpenApp, order: str, at: Annotated[int | None, Query(ge=1)] = None, merchant: str | None = None
) -> dict[str, Any]:
    """Each event of the order, what it changed, the order after it and its journal entry. Read from the log itself."""
    steps = [step.as_json() for step in history_of(app.ledger, order, merchant=merchant, upto=at)]
    last = steps[-1]
    return answer(app, {last["book"]: last["position"]}, order=order, steps=to_jsonable_python(steps))
