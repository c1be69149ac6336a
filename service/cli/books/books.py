"""The books of account: `trial-balance`, `contribution`, `exposure`, `explain-difference`, `reconciliation`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.options import AfterOption, Format, FormatOption, takes_settings
from service.cli.output import print_json, rows_of, say_more, show, stderr
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, day_of, instant_of, timepoint_of
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.questions.limits import LONGEST_GRACE_DAYS, MOST_ROWS
from service.settings import Settings
from service.tables.tables import (
    CONTRIBUTION,
    DIFFERENCES,
    EXPOSURE,
    LATE_EVENTS,
    OPEN_ITEMS,
    RECONCILIATION,
    TRIAL_BALANCE,
)

if TYPE_CHECKING:
    from datetime import date

    from ledger.money import Money
    from projections.accounting.differences import Difference
    from projections.accounting.exposure import Exposure


@takes_settings()
def trial_balance(
    settings: Settings,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="First day of the period.", show_default="the first of the month"),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show every account over a period: opening, debit, credit and closing, in its currency and in CNY."""
    from projections.accounting.account_turnovers import AccountTurnovers
    from projections.accounting.books_of_account import turnover_balance

    with reading(settings, [AccountTurnovers()]) as app, answerable():
        found = turnover_balance(app.views, timepoint_of(as_of, as_known_at), since=day_of(since, "--since"))
    period = f"{found.since} to {found.as_of}" if found.rows else "nothing was posted by then"
    table = TRIAL_BALANCE.titled(f"Trial balance, {period}")
    show(table, rows_of(found.rows, table), format)
    if found.total:
        raise ServiceFailure(f"The books do not balance: {found.total}. Run `redledger verify-log` to find the event.")


@takes_settings()
def contribution(
    settings: Settings,
    order: Annotated[str | None, typer.Argument(metavar="[ORDER]", help="Only this order.")] = None,
    merchant: Annotated[str | None, typer.Option(help="Only orders of this merchant.")] = None,
    market: Annotated[str | None, typer.Option(help="Only orders of this market.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="The orders that lost most.")] = 50,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what each order earned or cost the platform, in CNY, the greatest loss first."""
    from projections.accounting.order_contribution import OrderContribution
    from service.finance.contribution import contribution_page

    with reading(settings, [OrderContribution()], order=order, merchant=merchant, market=market) as app, answerable():
        timepoint = timepoint_of(as_of, as_known_at)
        page, found = contribution_page(
            app.views, timepoint, order=order, merchant=merchant, market=market, limit=limit, after=after
        )
    rows = rows_of(page.rows, CONTRIBUTION)
    if format is Format.TABLE:
        rows += rows_of([found.total], CONTRIBUTION)
        rows[-1] |= {"merchant": "all", "order_id": f"{found.count} orders"}
    show(CONTRIBUTION, rows, format)
    say_more(page.next, len(page.rows))


@takes_settings()
def show_exposure(
    settings: Settings,
    items: Annotated[bool, typer.Option("--items", help="List every open item instead of sums.")] = False,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the money that others owe the platform and that it owes them, by age in days."""
    from projections.accounting.exposure import exposure
    from projections.balances.merchant_balances import MerchantBalances

    with reading(settings, [MerchantBalances()]) as app, answerable():
        found = exposure(app.views, timepoint_of(as_of, as_known_at))
    if items:
        table = OPEN_ITEMS.titled(f"Open items as of {found.as_of}")
        show(table, rows_of(found.items, table), format)
        return
    table = EXPOSURE.titled(f"Exposure as of {found.as_of}")
    ages = {age: partial(_of_age, age) for row in found.rows for age in row.by_age}
    show(table, rows_of(found.rows, table, **ages), format)


@takes_settings()
def explain(
    settings: Settings,
    as_known_at: Annotated[
        str, typer.Option("--as-known-at", metavar="INSTANT", help="Instant of the earlier answer.")
    ],
    then: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Instant of the later answer.", show_default="now")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="YYYY-MM-DD", help="Accounting day of both answers.", show_default="any"),
    ] = None,
    merchant: Annotated[str | None, typer.Option(help="Only events that moved this merchant's balances.")] = None,
    account: Annotated[str | None, typer.Option(help="Only events that moved this account, such as 2120.")] = None,
    order: Annotated[str | None, typer.Option(help="Only events of this order.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Explain why a balance is different as known at a later instant: list the late events and their sum."""
    from projections.accounting.differences import explain_difference
    from projections.balances.balances import AsOf
    from projections.balances.merchant_balances import MerchantBalances

    day = day_of(as_of)
    earlier, later = (
        AsOf(as_known_at=instant_of(text, flag)) for text, flag in ((as_known_at, "--as-known-at"), (then, "--then"))
    )
    narrower = {"merchant": merchant, "account": account, "order": order}
    with reading(settings, [MerchantBalances()], **narrower) as app, answerable():
        found = explain_difference(app.views, as_of=day, earlier=earlier, later=later, **narrower)
    _show_difference(found, day, format)


def _show_difference(found: Difference, day: date | None, format: Format) -> None:
    accounts = [{"account": account, "currency": currency, "difference_cny": base}
                for (account, currency), base in found.accounts.items()]  # fmt: skip
    if format is Format.JSON:
        print_json({"as_of": day, "accounts": accounts, "events": rows_of(found.events, LATE_EVENTS)})
        return
    days = f"for days up to {day}" if day else "between the two"
    table = LATE_EVENTS.titled(f"Recorded later {days}")
    show(table, rows_of(found.events, table), format)
    if format is Format.TABLE:
        show(DIFFERENCES, accounts, format)
    elif not found.events:
        stderr().print("Nothing was recorded between the two answers for days up to then.")


@takes_settings()
def reconciliation(
    settings: Settings,
    grace: Annotated[
        int,
        typer.Option(
            metavar="DAYS",
            min=0,
            max=LONGEST_GRACE_DAYS,
            help="Days that providers and banks have to report an item before it counts as missing.",
        ),
    ] = 7,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the differences between our books and the reports of others: kind, expected, actual, age, owner; the
    oldest first."""
    from service.finance.reconciliation import PROJECTIONS, mismatches

    with reading(settings, PROJECTIONS) as app, answerable():
        found = mismatches(app, timepoint_of(as_of, as_known_at), grace_days=grace)
    show(RECONCILIATION, rows_of(found, RECONCILIATION), format)


def _of_age(age: str, row: Exposure) -> Money:
    return row.by_age[age]
