"""What waits for people: `approvals`, `proposals`, `exceptions`, `overdue`, `declarations`; and `sales` by channel."""

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

MerchantOption = Annotated[str | None, typer.Option("--merchant", help="Only this merchant's, as in M-1042.")]


class StatusOption(StrEnum):
    """Which exceptions."""

    OPEN = "open"
    RESOLVED = "resolved"
    ALL = "all"


class ProposalOption(StrEnum):
    """Which proposals."""

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
    """Refund cases that wait for a decision, the longest waiting first: whose turn it is, and until when.

    `amount` is the buyer's, in the order's currency; `list_amount` is what it is worth to the merchant, CNY.
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
    state: Annotated[ProposalOption, typer.Option(help="Which of them.")] = ProposalOption.PROPOSED,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Commands, adjustments and write-offs that one person proposed and another decides, the oldest first; CNY."""
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
    status: Annotated[StatusOption, typer.Option(help="Which of them.")] = StatusOption.OPEN,
    kind: Annotated[str | None, typer.Option(help="Only this kind, as in capture_without_order.")] = None,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Breaks between what was reported and what is known, and facts whose order nobody knows yet, the oldest first.

    Then, of now, the items that timers and other loops have set aside because they failed (set_aside): they are tried
    again by themselves.
    """
    from projections.worklists.exceptions import Exceptions
    from service.loops.set_aside_list import exceptions_of
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
        bool, typer.Option("--soon", help="Instead: what should be handed over by now to be in time.")
    ] = False,
    merchant: MerchantOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Parcels, and goods not yet packed, that are late to the transfer warehouse, the latest first."""
    from projections.worklists.overdue_to_warehouse import OverdueToWarehouse
    from projections.worklists.warehouse_promises import overdue as read_overdue
    from projections.worklists.warehouse_promises import warnings

    with reading(settings, [OverdueToWarehouse()], merchant=merchant) as app:
        found = (warnings if soon else read_overdue)(app.views, app.clock(), merchant=merchant)
    show(OVERDUE, rows_of(found, OVERDUE), format)


@takes_settings()
def declarations(
    settings: Settings,
    mismatches: Annotated[bool, typer.Option("--mismatches", help="Only where the three do not tie.")] = False,
    merchant: MerchantOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Export declarations with their orders and receipts of payment, and whether the three tie."""
    from projections.worklists.declarations import Declarations, ties

    with reading(settings, [Declarations()], merchant=merchant) as app:
        found = ties(app.views, merchant=merchant, only_mismatches=mismatches)
    show(DECLARATIONS, rows_of(found, DECLARATIONS), format)


@takes_settings()
def sales(
    settings: Settings,
    merchant: MerchantOption = None,
    channel: Annotated[str | None, typer.Option(help="post, live_stream or store.")] = None,
    creator: Annotated[str | None, typer.Option(help="Only through this creator.")] = None,
    market: Annotated[str | None, typer.Option(help="Only orders of this market, as in HK.")] = None,
    from_day: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day.")] = None,
    to_day: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day.")] = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Orders a day by merchant, channel, content, creator and market, as they were placed; CNY at list price."""
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
    """What waits for its order is known by what was said of it: a tracking number, a provider's reference."""
    from ledger.ids import UNMATCHED

    return ", ".join((row.actual, *row.refs.values())) if row.kind == UNMATCHED else row.actual
