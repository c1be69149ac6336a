"""Money over HTTP: balances of merchants, their journal lines, the trial balance."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from projections.balances import journal_lines
from projections.books_of_account import turnover_balance
from projections.merchant_standings import merchant_standings
from service.http.errors import NotRecorded
from service.http.moments import moment_of
from service.http.parameters import AtLeast, Day, Instant, Limit, OpenApp, answer

router = APIRouter(tags=["money"])


@router.get("/balances")
def all_balances(app: OpenApp, at_least: AtLeast, as_of: Day = None, as_known_at: Instant = None) -> dict[str, Any]:
    """What every merchant has, what open cases may take of it, and when the next release is due; all CNY."""
    found = merchant_standings(app.views, moment_of(app, as_of, as_known_at, at_least), now=app.clock())
    return answer(app, found.vector, merchants=found.merchants)


@router.get("/balances/{merchant}")
def balance_of(
    app: OpenApp, merchant: str, at_least: AtLeast, as_of: Day = None, as_known_at: Instant = None
) -> dict[str, Any]:
    """What one merchant has, as of all of them."""
    moment = moment_of(app, as_of, as_known_at, at_least)
    found = merchant_standings(app.views, moment, now=app.clock(), merchant=merchant)
    if not found.merchants:
        raise NotRecorded(f"No money of a merchant {merchant!r} was recorded by then.")
    return answer(app, found.vector, balance=found.merchants[0])


@router.get("/balances/{merchant}/lines")
def lines_of(
    app: OpenApp,
    merchant: str,
    at_least: AtLeast,
    as_of: Day = None,
    as_known_at: Instant = None,
    after_position: Annotated[int, Query(ge=0)] = 0,
    after_line: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """A merchant's journal lines, each with the balance it left; the next page is asked for with the last line's."""
    moment = moment_of(app, as_of, as_known_at, at_least)
    found = journal_lines(app.views, merchant, moment, after=(after_position, after_line), limit=limit)
    vector = {found[-1].book: found[-1].position} if found else {}
    return answer(app, vector, lines=found)


@router.get("/trial-balance")
def trial(app: OpenApp, at_least: AtLeast, as_of: Day = None, as_known_at: Instant = None) -> dict[str, Any]:
    """Every account over all books, debit positive; the total is zero."""
    found = turnover_balance(app.views, moment_of(app, as_of, as_known_at, at_least))
    accounts = [
        {"account": row.account, "title": row.title, "amount": row.closing, "base": row.closing_base}
        for row in found.rows
    ]
    return answer(app, found.vector, accounts=accounts, total=found.total)
