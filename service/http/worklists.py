"""Worklists over HTTP: approvals, exceptions, late parcels, declarations; and sales by channel."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from projections.reconciliation.instructions import open_instructions
from projections.sales.sales_by_channel import sales
from projections.worklists.approvals_queue import waiting_cases
from projections.worklists.declarations import ties
from projections.worklists.proposals import proposals
from projections.worklists.warehouse_promises import Promised, overdue, warnings
from service.automation.parking import parked
from service.exception_list import exceptions_of
from service.http.lanes import ReadRoute
from service.http.parameters import (
    READS_THE_LOG,
    After,
    AsOfParameters,
    AtLeast,
    BreakKindFilter,
    ChannelFilter,
    CreatorFilter,
    Day,
    Limit,
    MarketFilter,
    MerchantFilter,
    OpenApp,
    PartnerFilter,
    answer,
    fields_of,
)
from service.http.position_tracker import PositionTracker
from service.questions.pages import page_of
from service.questions.timepoints import end_of
from service.unmatched.items import waiting

router = APIRouter(tags=["worklists"], route_class=ReadRoute)
Status = Literal["open", "resolved", "all"]


@router.get("/approvals")
def approvals(
    app: OpenApp, at_least: AtLeast, merchant: MerchantFilter = None, limit: Limit = 500, after: After = None
) -> dict[str, Any]:
    """Returns refund cases that wait for a decision, the longest waiting first, with the next approver and the
    deadline."""
    views, now = PositionTracker(app.views), app.clock()
    wait: Any = {"at_least": at_least.vector, "timeout_s": at_least.timeout_s}
    page = page_of(
        "approvals",
        partial(waiting_cases, views, merchant=merchant, **wait),
        limit=limit,
        after=after,
    )
    cases = [fields_of(case) | {"late": case.is_late(now)} for case in page.rows]
    return answer(app, views.vector, cases=cases, next=page.next)


@router.get("/proposals")
def proposed(
    app: OpenApp,
    timepoint: AsOfParameters,
    state: Literal["proposed", "approved", "rejected", "all"] = "proposed",
    merchant: MerchantFilter = None,
    limit: Limit = 500,
    after: After = None,
) -> dict[str, Any]:
    """Returns proposals with their CNY amounts, the oldest first: commands, adjustments and write-offs that another
    person must decide."""
    views = PositionTracker(app.views)
    asked: Any = {"state": None if state == "all" else state, "merchant": merchant, "timepoint": timepoint}
    asked |= {"at_least": timepoint.at_least, "timeout_s": timepoint.timeout_s}
    page = page_of("proposals", partial(proposals, views, **asked), limit=limit, after=after)
    return answer(app, views.vector, proposals=page.rows, next=page.next)


@router.get("/parked", dependencies=READS_THE_LOG)
def parked_or_proposed_so(app: OpenApp) -> dict[str, Any]:
    """Returns the parked events and items, and the proposals that wait for a second person. Reads the log; the token
    holds its last positions."""
    return answer(app, app.ledger.reader.heads(), parked=parked(app.ledger))


@router.get("/exceptions")
def open_exceptions(
    app: OpenApp,
    timepoint: AsOfParameters,
    status: Status = "open",
    kind: BreakKindFilter = None,
    merchant: MerchantFilter = None,
    limit: Limit = 500,
    after: After = None,
) -> dict[str, Any]:
    """Returns open breaks and unmatched items, the oldest first.

    Then returns the items that loops have set aside because they failed (`set_aside`), which are tried again
    automatically, and the policies that must be published anew (`invalid_policy`).
    """
    views, now = PositionTracker(app.views), end_of(timepoint, app.clock())
    asked: Any = {"status": None if status == "all" else status, "kind": kind, "merchant": merchant}
    page = page_of(
        "exceptions",
        partial(exceptions_of, app, views=views, timepoint=timepoint, **asked),
        limit=limit,
        after=after,
    )
    rows = [fields_of(row) | {"age_h": int(row.age(now).total_seconds()) // 3600} for row in page.rows]
    return answer(app, views.vector, exceptions=rows, next=page.next)


@router.get("/unmatched")
def unmatched_items(app: OpenApp, timepoint: AsOfParameters, limit: Limit = 500, after: After = None) -> dict[str, Any]:
    """Returns unmatched money and facts, the oldest first, with the orders that their references point to."""
    views, now = PositionTracker(app.views), end_of(timepoint, app.clock())
    page = page_of("unmatched", partial(waiting, app, timepoint, views=views), limit=limit, after=after)
    rows = [fields_of(row) | {"age_h": int(row.age(now).total_seconds()) // 3600} for row in page.rows]
    return answer(app, views.vector, unmatched=rows, next=page.next)


@router.get("/instructions")
def unanswered(
    app: OpenApp,
    timepoint: AsOfParameters,
    partner: PartnerFilter = None,
    limit: Limit = 500,
    after: After = None,
) -> dict[str, Any]:
    """Returns captures, voids, refunds and payouts that were requested of partners and are not answered, the oldest
    first."""
    views = PositionTracker(app.views)
    wait: Any = {"at_least": timepoint.at_least, "timeout_s": timepoint.timeout_s}
    page = page_of(
        "instructions",
        partial(open_instructions, views, timepoint, partner=partner, **wait),
        limit=limit,
        after=after,
    )
    return answer(app, views.vector, instructions=[fields_of(each) for each in page.rows], next=page.next)


@router.get("/overdue")
def late(app: OpenApp, at_least: AtLeast, merchant: MerchantFilter = None) -> dict[str, Any]:
    """Returns the goods that missed their promised time at the transfer warehouse, or will miss it unless handed over
    now."""
    views, now = PositionTracker(app.views), app.clock()
    soon = warnings(views, now, merchant=merchant, at_least=at_least.vector, timeout_s=at_least.timeout_s)
    found = overdue(views, now, merchant=merchant, at_least=views.vector)
    return answer(app, views.vector, overdue=list(map(_promised, found)), soon=list(map(_promised, soon)))


@router.get("/declarations")
def declared(
    app: OpenApp, at_least: AtLeast, merchant: MerchantFilter = None, mismatches: bool = False
) -> dict[str, Any]:
    """Returns export declarations with their orders and payment receipts. `mismatches` selects those that do not
    agree."""
    views = PositionTracker(app.views)
    found = ties(
        views, merchant=merchant, only_mismatches=mismatches, at_least=at_least.vector, timeout_s=at_least.timeout_s
    )
    return answer(app, views.vector, declarations=found)


@router.get("/sales")
def sold(
    app: OpenApp,
    timepoint: AsOfParameters,
    merchant: MerchantFilter = None,
    channel: ChannelFilter = None,
    creator: CreatorFilter = None,
    market: MarketFilter = None,
    from_day: Annotated[Day, Query(alias="from")] = None,
    to_day: Annotated[Day, Query(alias="to")] = None,
) -> dict[str, Any]:
    """Returns the number and CNY list price of placed orders a day, by merchant, channel, content, creator and
    market."""
    views = PositionTracker(app.views)
    found = sales(
        views,
        merchant=merchant,
        channel=channel,
        creator_id=creator,
        market=market,
        from_day=from_day,
        to_day=to_day,
        timepoint=timepoint,
        at_least=timepoint.at_least,
        timeout_s=timepoint.timeout_s,
    )
    return answer(app, views.vector, sales=found)


def _promised(promised: Promised) -> dict[str, Any]:
    row = fields_of(promised) | {"hours_late": promised.hours_late}
    del row["late_by"]
    return row
