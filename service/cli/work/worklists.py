"""Worklists: `approvals`, `proposals`, `exceptions`, `overdue`, `declarations`; and `sales` by channel."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import AfterOption, Format, FormatOption, LimitOption, takes_settings
from service.cli.output import hours, rows_of, say_more, show
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, day_of, timepoint_of
from service.cli.view_reads import reading
from service.questions.pages import page_of
from service.settings import Settings
from service.tables.tables import APPROVALS, DECLARATIONS, EXCEPTIONS, OVERDUE, PROPOSALS, SALES

if TYPE_CHECKING:
    from projections.worklists.exceptions import ExceptionRow, Status
    from projections.worklists.proposals import State

MerchantOption = Annotated[str | None, typer.Option("--merchant", help="Only this merchant, such as M-1042.")]


class StatusOption(StrEnum):
    """Filters of exceptions by status."""

    OPEN = "open"
    RESOLVED = "resolved"
    ALL = "all"


class ProposalOption(StrEnum):
    """Filters of proposals by status."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    ALL = "all"


_STATE: dict[ProposalOption, State | None] = {
    ProposalOption.PROPOSED: "proposed",
    ProposalOption.APPROVED: "approved",
    ProposalOption.REJECTED: "rejected",
    ProposalOption.ALL: None,
}
_STATUS: dict[StatusOption, Status | None] = {
    StatusOption.OPEN: "open",
    StatusOption.RESOLVED: "resolved",
    StatusOption.ALL: None,
}


@takes_settings()
def approvals(
    settings: Settings,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List refund cases that wait for a decision, the longest waiting first, with the next approver and the deadline.

    `amount` is the buyer's amount in the order's currency; `list_amount` is the merchant's amount in CNY.
    """
    from projections.worklists.approvals_queue import ApprovalsQueue, waiting_cases

    with reading(settings, [ApprovalsQueue()], merchant=merchant) as app:
        now = app.clock()
        fetch = partial(waiting_cases, app.views, merchant=merchant)
        page = page_of("approvals", fetch, limit=limit, after=after)
    show(APPROVALS, rows_of(page.rows, APPROVALS, late=lambda case: case.is_late(now)), format)
    say_more(page.next, len(page.rows))


@takes_settings()
def proposals(
    settings: Settings,
    state: Annotated[ProposalOption, typer.Option(help="Only this status.")] = ProposalOption.PROPOSED,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List proposals with their CNY amounts, the oldest first: commands, adjustments and write-offs that another
    person must decide."""
    from projections.worklists.proposals import Proposals
    from projections.worklists.proposals import proposals as read_proposals

    with reading(settings, [Proposals()], merchant=merchant) as app, answerable():
        timepoint = timepoint_of(as_of, as_known_at)
        fetch = partial(read_proposals, app.views, state=_STATE[state], merchant=merchant, timepoint=timepoint)
        page = page_of("proposals", fetch, limit=limit, after=after)
    show(PROPOSALS, rows_of(page.rows, PROPOSALS), format)
    say_more(page.next, len(page.rows))


@takes_settings()
def exceptions(
    settings: Settings,
    status: Annotated[StatusOption, typer.Option(help="Only this status.")] = StatusOption.OPEN,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as capture_without_order.")] = None,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List open breaks and unmatched items, the oldest first.

    Then lists the items that timers and other loops have set aside because they failed (set_aside), which are tried
    again automatically, and the policies that must be published anew (invalid_policy).
    """
    from projections.worklists.exceptions import Exceptions
    from service.exception_list import exceptions_of
    from service.questions.timepoints import end_of

    with reading(settings, [Exceptions()], kind=kind, merchant=merchant) as app, answerable():
        timepoint = timepoint_of(as_of, as_known_at)
        fetch = partial(exceptions_of, app, timepoint=timepoint, status=_STATUS[status], kind=kind, merchant=merchant)
        page = page_of("exceptions", fetch, limit=limit, after=after)
        now = end_of(timepoint, app.clock())
    computed: dict[str, Callable[[Any], Any]] = {"age_h": lambda row: hours(row.age(now))}
    if format is Format.TABLE:
        computed["actual"] = _actual_with_its_name
    show(EXCEPTIONS, rows_of(page.rows, EXCEPTIONS, **computed), format)
    say_more(page.next, len(page.rows))


@takes_settings()
def overdue(
    settings: Settings,
    soon: Annotated[
        bool, typer.Option("--soon", help="List instead the goods that must be handed over now to be in time.")
    ] = False,
    merchant: MerchantOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List parcels and unpacked goods that are late to the transfer warehouse, the latest first."""
    from projections.worklists.overdue_to_warehouse import OverdueToWarehouse
    from projections.worklists.warehouse_promises import overdue as read_overdue
    from projections.worklists.warehouse_promises import warnings

    with reading(settings, [OverdueToWarehouse()], merchant=merchant) as app:
        found = (warnings if soon else read_overdue)(app.views, app.clock(), merchant=merchant)
    show(OVERDUE, rows_of(found, OVERDUE), format)


@takes_settings()
def declarations(
    settings: Settings,
    mismatches: Annotated[
        bool, typer.Option("--mismatches", help="Only declarations that do not agree with the order and the payment.")
    ] = False,
    merchant: MerchantOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List export declarations with their orders and payment receipts, and if the three agree."""
    from projections.worklists.declarations import Declarations, ties

    with reading(settings, [Declarations()], merchant=merchant) as app:
        found = ties(app.views, merchant=merchant, only_mismatches=mismatches)
    show(DECLARATIONS, rows_of(found, DECLARATIONS), format)


@takes_settings()
def sales(
    settings: Settings,
    merchant: MerchantOption = None,
    channel: Annotated[str | None, typer.Option(help="Channel: post, live_stream or store.")] = None,
    creator: Annotated[str | None, typer.Option(help="Only orders through this creator.")] = None,
    market: Annotated[str | None, typer.Option(help="Only orders of this market, such as HK.")] = None,
    from_day: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.")] = None,
    to_day: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day.")] = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List the number and CNY list price of placed orders a day, by merchant, channel, content, creator and market."""
    from projections.sales.sales_by_channel import SalesByChannel
    from projections.sales.sales_by_channel import sales as read_sales
    from service.questions.filters import check_days

    first, last = day_of(from_day, "--from"), day_of(to_day, "--to")
    check_days(first, last)
    asked = {"merchant": merchant, "channel": channel, "creator": creator, "market": market}
    with reading(settings, [SalesByChannel()], **asked) as app, answerable():
        found = read_sales(
            app.views,
            merchant=merchant,
            channel=channel,
            creator_id=creator,
            market=market,
            from_day=first,
            to_day=last,
            timepoint=timepoint_of(as_of, as_known_at),
        )
    show(SALES, rows_of(found, SALES), format)


def _actual_with_its_name(row: ExceptionRow) -> str:
    """Returns the references that identify an unmatched item: a tracking number, a provider's reference."""
    from ledger.ids import UNMATCHED

    return ", ".join((row.actual, *row.refs.values())) if row.kind == UNMATCHED else row.actual
