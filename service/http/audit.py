"""The audit trail over HTTP, a page at a time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from projections.audit.trail import TrailFilter, trail
from service.http.lanes import ReadRoute
from service.http.parameters import (
    ActorFilter,
    AtLeast,
    Instant,
    Limit,
    MerchantFilter,
    OpenApp,
    OrderFilter,
    Word,
    answer,
    cursor_from,
    cursor_text,
)

router = APIRouter(tags=["audit"], route_class=ReadRoute)


@router.get("/audit")
def audit(
    app: OpenApp,
    at_least: AtLeast,
    order: OrderFilter = None,
    merchant: MerchantFilter = None,
    actor: ActorFilter = None,
    since: Instant = None,
    until: Instant = None,
    after: Annotated[Word | None, Query(description="`next` of the previous page.")] = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Returns the audit trail in recorded order: actor, action, time, reason, effect. `next` gives the next page."""
    asked = TrailFilter(order=order, merchant=merchant, actor=actor, since=since, until=until)
    page = trail(
        app.views,
        asked,
        after=cursor_from(after),
        limit=limit,
        at_least=at_least.vector,
        timeout_s=at_least.timeout_s,
    )
    rows = [dict(row) for row in page.rows]
    return answer(app, page.vector, rows=rows, next=cursor_text(page.next))
