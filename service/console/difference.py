"""The page that explains a change: a balance as known at two instants, and the events between that made the
difference."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from ledger import instants
from ledger.money import Money
from service.console.fields import local_instant
from service.console.layout import shown
from service.console.navigation import DIFFERENCE
from service.console.page import Page, picked_times
from service.console.parts import attempted
from service.console.records import Grid
from service.http.bearer import AccessBearer
from service.http.parameters import Name
from service.http.read_route import ReadRoute

BUCKETS = ("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")
_LATELY = timedelta(days=7)
_MOST = 500  # events that a page holds well
router = APIRouter(route_class=ReadRoute, dependencies=[Depends(picked_times)])


@router.get(DIFFERENCE.path)
def difference(
    request: Request,
    bearer: AccessBearer,
    earlier: Annotated[instants.Instant | None, Query()] = None,
    later: Annotated[instants.Instant | None, Query()] = None,
    merchant: Annotated[Name | None, Query()] = None,
    account: Annotated[Name | None, Query()] = None,
) -> Response:
    """Returns the form of the two instants, and the difference for the merchant or the account that is named."""
    page = Page(request, bearer)
    DIFFERENCE.check(page)
    until = later or page.times["as_known_at"] or page.app.clock()
    since = earlier or until - _LATELY
    found: dict[str, Any] = {"accounts": None, "events": None, "balances": None, "cut": False, "trouble": ""}
    if merchant or account:
        found |= _difference(page, since, until, merchant, account)
    fields = {
        "earlier": local_instant(since),
        "later": local_instant(until),
        "merchant": merchant or "",
        "account": account or "",
    }
    return shown(page, "difference.html", title=page.language.text("What changed"), fields=fields, **found)


def _difference(page: Page, since: datetime, until: datetime, merchant: str | None, account: str | None) -> Any:
    asked = {"as_known_at": since, "then": until, "merchant": merchant, "account": account}
    answer, trouble = attempted(lambda: page.ask(DIFFERENCE.question, **asked))
    if answer is None:
        return {"trouble": trouble}
    events, records, text = answer.data.events, page.records, page.language.text
    return {
        "accounts": records.grid(text("Difference by account"), answer.data.accounts),
        "events": records.grid(text("Events that made the difference"), events[:_MOST]),
        "cut": len(events) > _MOST,
        "balances": _balances(page, since, until, merchant) if merchant else None,
    }


def _balances(page: Page, since: datetime, until: datetime, merchant: str) -> Grid | None:
    """Returns the merchant's balances as known at both instants, and their differences."""
    before, after = (
        attempted(lambda at=at: page.ask("balance", merchant=merchant, as_known_at=at))[0]  # type: ignore[misc]
        for at in (since, until)
    )
    if after is None:
        return None
    rows = []
    for name in BUCKETS:
        now = getattr(after.data, name)
        then = getattr(before.data, name) if before else Money.zero(now.currency)  # it had no money yet
        rows.append({"kind": name, "before": then, "after": now, "change": now - then})
    return page.records.grid(page.language.text("Merchant balance"), rows)
