"""The books of account over HTTP: trial balance, contribution, exposure, statements, payouts, reconciliation."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from ledger.accounting_days import accounting_day
from projections.accounting.books_of_account import turnover_balance
from projections.accounting.differences import explain_difference
from projections.accounting.exposure import exposure
from projections.balances.payouts import payouts
from service.finance.contribution import contribution_page
from service.finance.periods import periods
from service.finance.rates import rates_on
from service.finance.reconciliation import mismatches
from service.finance.statements import issued_statements, statement_of
from service.http.errors import BadParameter
from service.http.lanes import ReadRoute
from service.http.parameters import (
    IN_DIGITS,
    READS_THE_LOG,
    AccountFilter,
    After,
    AsKnownAt,
    AsOfParameters,
    AtLeast,
    Day,
    Instant,
    KnownMerchant,
    Limit,
    MarketFilter,
    MerchantFilter,
    OpenApp,
    OrderFilter,
    PayoutStateFilter,
    Position,
    RequiredInstant,
    RunFilter,
    answer,
    passed,
    timepoint_of,
)
from service.http.statuses import responses
from service.questions.limits import LONGEST_GRACE_DAYS
from service.questions.pages import page_of

router = APIRouter(tags=["books of account"], route_class=ReadRoute)


class StatementForm(StrEnum):
    """Formats of a statement."""

    JSON = "json"
    CSV = "csv"
    TEXT = "text"
    HTML = "html"


_MEDIA = {"json": "application/json", "csv": "text/csv", "text": "text/plain", "html": "text/html"}
_ONE_STATEMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in _MEDIA.values()}, "description": "The statement in the requested format"}
}


@router.get("/books/trial-balance")
def trial_balance_of_a_period(app: OpenApp, timepoint: AsOfParameters, since: Day = None) -> dict[str, Any]:
    """Returns opening, debit, credit and closing of every account, in its currency and in CNY."""
    try:
        found = turnover_balance(app.views, timepoint, since=since)
    except ValueError as error:
        raise BadParameter("since", f"{error}.") from None
    return answer(app, found.vector, since=found.since, as_of=found.as_of, accounts=found.rows, total=found.total)


@router.get("/books/difference")
def difference(
    app: OpenApp,
    at_least: AtLeast,
    as_known_at: RequiredInstant,
    as_of: Day = None,
    then: Instant = None,
    merchant: MerchantFilter = None,
    account: AccountFilter = None,
    order: OrderFilter = None,
) -> dict[str, Any]:
    """Returns the late events that explain why balances differ as known at `as_known_at` and at `then` (default:
    now), for all merchants, one merchant, one account or one order."""
    earlier = timepoint_of(at_least, passed(app, as_known_at, "as_known_at"))
    later = timepoint_of(at_least, then and passed(app, then, "then"))
    narrower = {"merchant": merchant, "account": account, "order": order}
    found = explain_difference(app.views, as_of=as_of, earlier=earlier, later=later, **narrower)
    accounts = [
        {"account": account, "currency": currency, "difference": base}
        for (account, currency), base in found.accounts.items()
    ]
    return answer(app, found.later, accounts=accounts, events=found.events)


@router.get("/books/contribution")
def contribution(
    app: OpenApp,
    timepoint: AsOfParameters,
    order: OrderFilter = None,
    merchant: MerchantFilter = None,
    market: MarketFilter = None,
    limit: Limit = 100,
    after: After = None,
) -> dict[str, Any]:
    """Returns what each order earned or cost the platform in CNY, the greatest loss first."""
    page, found = contribution_page(
        app.views, timepoint, order=order, merchant=merchant, market=market, limit=limit, after=after
    )
    return answer(app, found.vector, orders=page.rows, total=found.total, count=found.count, next=page.next)


@router.get("/books/exposure")
def open_exposure(app: OpenApp, timepoint: AsOfParameters) -> dict[str, Any]:
    """Returns the money that others owe the platform and that it owes them, by age, with the open items."""
    found = exposure(app.views, timepoint)
    return answer(app, found.vector, as_of=found.as_of, exposure=found.rows, items=found.items)


@router.get("/books/reconciliation")
def reconciliation(
    app: OpenApp,
    timepoint: AsOfParameters,
    grace_days: Annotated[int, Field(ge=0, le=LONGEST_GRACE_DAYS), IN_DIGITS] = 7,
) -> dict[str, Any]:
    """Returns the differences between our books and the reports of others, the oldest first."""
    return answer(app, {}, mismatches=mismatches(app, timepoint, grace_days=grace_days))


@router.get("/books/periods", dependencies=READS_THE_LOG)
def accounting_periods(app: OpenApp, as_known_at: AsKnownAt) -> dict[str, Any]:
    """Returns the closed and reopened months: by whom, and the hash of each closing with its positions."""
    found = periods(app, as_known_at=as_known_at)
    return answer(app, {}, open_from=found.open_from, changes=found.changes, unfinished=found.unfinished)


@router.get("/books/rates")
def rates_of_a_day(app: OpenApp, timepoint: AsOfParameters) -> dict[str, Any]:
    """Returns the rates used for a day, in CNY for one unit: the day and source of each, and if decisions may still
    use it."""
    day = timepoint.as_of or accounting_day(app.clock())
    return answer(app, {}, as_of=day, rates=list(rates_on(app, day, as_known_at=timepoint.as_known_at)))


@router.get("/payouts")
def all_payouts(
    app: OpenApp,
    timepoint: AsOfParameters,
    state: PayoutStateFilter = None,
    merchant: MerchantFilter = None,
    run: RunFilter = None,
    limit: Limit = 100,
    after: After = None,
) -> dict[str, Any]:
    """Returns payouts with their state, now, on a day or as known at an instant; the oldest first."""
    page = page_of(
        "payouts",
        partial(payouts, app.views, timepoint, state=state, merchant=merchant, run=run),
        limit=limit,
        after=after,
    )
    return answer(app, {}, payouts=page.rows, next=page.next)


@router.get("/statements/{merchant}", responses=responses(404), dependencies=READS_THE_LOG)
def statements_of(app: OpenApp, merchant: KnownMerchant, as_known_at: AsKnownAt, as_of: Day = None) -> dict[str, Any]:
    """Returns the statements of a merchant in order."""
    return answer(app, {}, statements=issued_statements(app, merchant, as_of=as_of, as_known_at=as_known_at))


@router.get(
    "/statements/{merchant}/{number}",
    response_class=Response,
    responses=_ONE_STATEMENT | responses(404),
    dependencies=READS_THE_LOG,
)
def one_statement(
    app: OpenApp,
    merchant: KnownMerchant,
    number: Position,
    as_known_at: AsKnownAt,
    form: StatementForm = StatementForm.JSON,
    as_of: Day = None,
) -> Response:
    """Returns one statement, byte for byte as it was issued."""
    found = statement_of(app, issued_statements(app, merchant, as_of=as_of, as_known_at=as_known_at), number)
    return Response(getattr(found, form.value), media_type=_MEDIA[form.value])
