"""Money over HTTP: balances of merchants, their journal lines, the trial balance."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter

from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import journal_lines
from projections.balances.merchant_summaries import merchant_summaries
from service.http.errors import NotRecorded
from service.http.lanes import ReadRoute
from service.http.parameters import After, AsOfParameters, KnownMerchant, Limit, Name, OpenApp, answer
from service.http.statuses import responses
from service.questions.pages import page_of

router = APIRouter(tags=["money"], route_class=ReadRoute)


@router.get("/balances")
def all_balances(app: OpenApp, timepoint: AsOfParameters) -> dict[str, Any]:
    """Returns the balances of all merchants, the amount of their open cases, and their next release; all CNY."""
    found = merchant_summaries(app.views, timepoint, now=app.clock())
    return answer(app, found.vector, merchants=found.merchants)


@router.get("/balances/{merchant}", responses=responses(404))
def balance_of(app: OpenApp, merchant: Name, timepoint: AsOfParameters) -> dict[str, Any]:
    """Returns the balance of one merchant, with the same fields as the list of all."""
    found = merchant_summaries(app.views, timepoint, now=app.clock(), merchant=merchant)
    if not found.merchants:
        raise NotRecorded(f"Merchant {merchant} has no balance at that time. Check the id.")
    return answer(app, found.vector, balance=found.merchants[0])


@router.get("/balances/{merchant}/lines", responses=responses(404))
def lines_of(
    app: OpenApp,
    merchant: KnownMerchant,
    timepoint: AsOfParameters,
    limit: Limit = 100,
    after: After = None,
) -> dict[str, Any]:
    """Returns the journal lines of a merchant, each with the balance after it."""
    page = page_of("lines", partial(journal_lines, app.views, merchant, timepoint), limit=limit, after=after)
    vector = {page.rows[-1].book: page.rows[-1].position} if page.rows else {}
    return answer(app, vector, lines=page.rows, next=page.next)


@router.get("/trial-balance")
def trial(app: OpenApp, timepoint: AsOfParameters) -> dict[str, Any]:
    """Returns every account over all books, debit positive. The total is zero."""
    found = turnover_balance(app.views, timepoint)
    accounts = [
        {"account": row.account, "title": row.title, "amount": row.closing, "base": row.closing_base}
        for row in found.rows
    ]
    return answer(app, found.vector, accounts=accounts, total=found.total)
