"""What waits for people: `approvals`, `proposals`, `exceptions`, `overdue`, `declarations`; and `sales` by channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any

import typer

from ledger.ids import UNROUTED
from projections.approvals_queue import ApprovalsQueue, WaitingCase, waiting_cases
from projections.declarations import Declarations, Tie, ties
from projections.exceptions import ExceptionRow, Exceptions, Status
from projections.exceptions import exceptions as read_exceptions
from projections.overdue_to_warehouse import OverdueToWarehouse
from projections.proposals import ProposalRow, Proposals, State
from projections.proposals import proposals as read_proposals
from projections.sales_by_channel import ChannelSales, SalesByChannel
from projections.sales_by_channel import sales as read_sales
from projections.warehouse_promises import Promised, warnings
from projections.warehouse_promises import overdue as read_overdue
from service.cli.moments import AsKnownAt, AsOf, answerable, day_of, moment_of
from service.cli.options import Format, FormatOption, LimitOption, takes_settings
from service.cli.output import show
from service.cli.reading import reading
from service.moments import end_of
from service.set_aside_list import set_aside_rows
from service.settings import Settings

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
    settings: Settings, merchant: MerchantOption = None, limit: LimitOption = 500, format: FormatOption = Format.TABLE
) -> None:
    """Refund cases that wait for a decision, the longest waiting first: whose turn it is, and until when.

    `amount` is the buyer's, in the order's currency; `list_amount` is what it is worth to the merchant, CNY.
    """
    with reading(settings, [ApprovalsQueue()]) as app:
        found, now = waiting_cases(app.views, merchant=merchant, limit=limit), app.clock()
    rows = [_row(case) | {"late": case.is_late(now)} for case in found]
    show([_in_its_currency(row) for row in rows] if format is Format.TABLE else rows, format, columns=_APPROVALS)


@takes_settings()
def proposals(
    settings: Settings,
    state: Annotated[ProposalOption, typer.Option(help="Which of them.")] = ProposalOption.PROPOSED,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Commands, adjustments and write-offs that one person proposed and another decides, the oldest first; CNY."""
    with reading(settings, [Proposals()]) as app, answerable():
        moment = moment_of(as_of, as_known_at)
        found = read_proposals(app.views, state=_STATE[state], merchant=merchant, limit=limit, moment=moment)
    show([_row(row) for row in found], format, columns=_names(ProposalRow))


@takes_settings()
def exceptions(
    settings: Settings,
    status: Annotated[StatusOption, typer.Option(help="Which of them.")] = StatusOption.OPEN,
    kind: Annotated[str | None, typer.Option(help="Only this kind, as in capture_without_order.")] = None,
    merchant: MerchantOption = None,
    limit: LimitOption = 500,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Breaks between what was told and what is known, and facts whose order nobody knows yet, the oldest first.

    Then, of now, the items that timers and other loops have set aside because they failed (set_aside): they are tried
    again by themselves.
    """
    with reading(settings, [Exceptions()]) as app, answerable():
        moment = moment_of(as_of, as_known_at)
        found = read_exceptions(
            app.views, status=_STATUS[status], kind=kind, merchant=merchant, limit=limit, moment=moment
        )
        asked: Any = {"status": _STATUS[status], "kind": kind, "merchant": merchant, "limit": limit}
        waiting = [] if as_of or as_known_at else set_aside_rows(app, **asked)
        now = end_of(moment, app.clock())
    listed = [*found, *waiting][:limit]
    rows = [_row(row) | {"age_h": int(row.age(now).total_seconds()) // 3600} for row in listed]
    shown = [name for name in _EXCEPTIONS if name not in _DETAILS] if format is Format.TABLE else _EXCEPTIONS
    show([_with_its_name(row) for row in rows] if format is Format.TABLE else rows, format, columns=shown)


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
    with reading(settings, [OverdueToWarehouse()]) as app:
        found = (warnings if soon else read_overdue)(app.views, app.clock(), merchant=merchant)
    show([_row(promised) | {"hours_late": promised.hours_late} for promised in found], format, columns=_OVERDUE)


@takes_settings()
def declarations(
    settings: Settings,
    mismatches: Annotated[bool, typer.Option("--mismatches", help="Only where the three do not tie.")] = False,
    merchant: MerchantOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Export declarations with their orders and receipts of payment, and whether the three tie."""
    with reading(settings, [Declarations()]) as app:
        rows = [_row(tie) for tie in ties(app.views, merchant=merchant, only_mismatches=mismatches)]
    show([_in_its_currency(row) for row in rows] if format is Format.TABLE else rows, format, columns=_DECLARATIONS)


@takes_settings()
def sales(
    settings: Settings,
    merchant: MerchantOption = None,
    channel: Annotated[str | None, typer.Option(help="post, live_stream or store.")] = None,
    creator: Annotated[str | None, typer.Option(help="Only through this creator.")] = None,
    market: Annotated[str | None, typer.Option(help="Only orders of this market, as in HK.")] = None,
    from_day: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day.")] = None,
    to_day: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day.")] = None,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Orders a day by merchant, channel, content, creator and market, as they were placed; CNY at list price."""
    first, last = day_of(from_day, "--from"), day_of(to_day, "--to")
    with reading(settings, [SalesByChannel()]) as app, answerable():
        found = read_sales(
            app.views,
            merchant=merchant,
            channel=channel,
            creator_id=creator,
            market=market,
            from_day=first,
            to_day=last,
            moment=moment_of(as_of, as_known_at),
        )
    show([_row(row) for row in found], format, columns=_SALES)


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


_APPROVALS = (*_names(WaitingCase), "late")
_EXCEPTIONS = (*_names(ExceptionRow), "age_h")
_DETAILS = ("refs", "resolution", "resolved_at")
_OVERDUE = (*(name for name in _names(Promised) if name != "late_by"), "hours_late")
_DECLARATIONS = _names(Tie)
_SALES = _names(ChannelSales)


def _row(found: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _without_spans(_names(type(found)))}


def _without_spans(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if name != "late_by")


def _with_its_name(row: dict[str, Any]) -> dict[str, Any]:
    """What waits for its order is known by what was said of it: a tracking number, a provider's reference."""
    named = ", ".join((row["actual"], *row["refs"].values()))
    return row | {"actual": named} if row["kind"] == UNROUTED else row


def _in_its_currency(row: dict[str, Any]) -> dict[str, Any]:
    """Amounts of several currencies in one column name theirs; lists are read as words."""
    words = {name: ", ".join(value) for name, value in row.items() if isinstance(value, tuple)}
    amounts = {name: str(row[name]) for name in ("amount", "captured", "buyer_total") if row.get(name) is not None}
    return row | words | amounts
