"""The books of account: `trial-balance`, `contribution`, `exposure`, `explain-difference`, `reconciliation`."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import typer

from projections.account_turnovers import AccountTurnovers
from projections.balances import Moment
from projections.books_of_account import Turnover, turnover_balance
from projections.differences import LateEvent, explain_difference
from projections.exposure import Exposure, exposure
from projections.merchant_balances import MerchantBalances
from projections.order_contribution import Contribution, OrderContribution, contributions
from service.cli.moments import AsKnownAt, AsOf, answerable, day_of, instant_of, moment_of
from service.cli.options import MOST_ROWS, Format, FormatOption, takes_settings
from service.cli.output import print_json, show, stderr
from service.cli.reading import reading
from service.failures import ServiceFailure
from service.reconciliation import LONGEST_GRACE_DAYS, PROJECTIONS, Mismatch, mismatches
from service.settings import Settings


@takes_settings()
def trial_balance(
    settings: Settings,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="First day of the period.", show_default="the first of the month"),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Every account over a period: opening, debit, credit and closing, in its currency and in CNY."""
    with reading(settings, [AccountTurnovers()]) as app, answerable():
        found = turnover_balance(app.views, moment_of(as_of, as_known_at), since=day_of(since, "--since"))
    rows = [_row(row) for row in found.rows]
    show(rows, format, title=f"Trial balance, {found.since} to {found.as_of}", columns=_names(Turnover))
    if found.total:
        raise ServiceFailure(f"The books do not balance: {found.total}. `redledger verify-log` says where.")


@takes_settings()
def contribution(
    settings: Settings,
    order: Annotated[str | None, typer.Argument(metavar="[ORDER]", help="Only this order.")] = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's orders.")] = None,
    market: Annotated[str | None, typer.Option(help="Only orders of this market.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="The orders that lost most.")] = 50,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """What each order earned or cost the platform, the greatest loss first; all CNY."""
    with reading(settings, [OrderContribution()]) as app, answerable():
        moment = moment_of(as_of, as_known_at)
        found = contributions(app.views, moment, order=order, merchant=merchant, market=market, limit=limit)
    rows = [_row(row) for row in found.orders]
    if format is Format.TABLE:
        rows.append(_row(found.total) | {"merchant": "all", "order_id": f"{found.count} orders"})
    show(rows, format, title="Order contribution, CNY", columns=_names(Contribution))


@takes_settings()
def show_exposure(
    settings: Settings,
    items: Annotated[bool, typer.Option("--items", help="Every open item instead of sums.")] = False,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """What others owe the platform and it owes them, by age in days."""
    with reading(settings, [MerchantBalances()]) as app, answerable():
        found = exposure(app.views, moment_of(as_of, as_known_at))
    if items:
        show([_row(item) for item in found.items], format, title=f"Open items as of {found.as_of}")
        return
    rows = [{k: v for k, v in _row(row).items() if k != "by_age"} | dict(row.by_age) for row in found.rows]
    columns = [name for name in _names(Exposure) if name != "by_age"]
    show(rows, format, title=f"Exposure as of {found.as_of}", columns=list(rows[0]) if rows else columns)


@takes_settings()
def explain(
    settings: Settings,
    as_known_at: Annotated[str, typer.Option("--as-known-at", metavar="INSTANT", help="The earlier answer's instant.")],
    then: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="The later answer's instant.", show_default="now")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="YYYY-MM-DD", help="The accounting day both answers are of.", show_default="any"
        ),
    ] = None,
    merchant: Annotated[str | None, typer.Option(help="Only what moved this merchant's balances.")] = None,
    account: Annotated[str | None, typer.Option(help="Only what moved this account, as in 2120.")] = None,
    order: Annotated[str | None, typer.Option(help="Only what is about this order.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Why a balance was known to be something else later: the late events, and what they come to."""
    day = day_of(as_of)
    earlier, later = (
        Moment(as_known_at=instant_of(text, flag)) for text, flag in ((as_known_at, "--as-known-at"), (then, "--then"))
    )
    narrower = {"merchant": merchant, "account": account, "order": order}
    with reading(settings, [MerchantBalances()]) as app, answerable():
        found = explain_difference(app.views, as_of=day, earlier=earlier, later=later, **narrower)
    accounts = [{"account": account, "currency": currency, "difference_cny": base}
                for (account, currency), base in found.accounts.items()]  # fmt: skip
    if format is Format.JSON:
        print_json({"as_of": day, "accounts": accounts, "events": [_row(event) for event in found.events]})
        return
    days = f"for days up to {day}" if day else "between the two"
    show([_row(event) for event in found.events], format, title=f"Recorded later {days}", columns=_names(LateEvent))
    if format is Format.TABLE:
        show(accounts, format, title="What they come to, CNY", columns=("account", "currency", "difference_cny"))
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
            help="How long providers and banks may take to show what we know.",
        ),
    ] = 7,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Where two accounts of the same money differ: kind, expected, actual, age, owner; the oldest first."""
    with reading(settings, PROJECTIONS) as app, answerable():
        found = mismatches(app, moment_of(as_of, as_known_at), grace_days=grace)
    columns = [name for name in _names(Mismatch) if format is not Format.TABLE or name not in ("reference", "stream")]
    show([_row(each) for each in found], format, title="To be reconciled", columns=columns)


def _row(found: Any) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in fields(found)}


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
