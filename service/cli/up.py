"""`redledger up`: runs the service until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.demonstration import note
from service.cli.options import Format, takes_settings
from service.cli.output import progress_bar, show, stdout
from service.settings import SERVING, Settings
from service.tables.tables import MONTH_BALANCES

if TYPE_CHECKING:
    from service.app import App
    from service.demo.trading_month import MonthSummary

_MERCHANTS_SHOWN = 12


@takes_settings(*SERVING)
def up(
    settings: Settings,
    with_trading_month: Annotated[
        bool,
        typer.Option(
            "--with-trading-month",
            help="Create a demonstration ledger with a made-up month of trading that ends today:"
            " 24 merchants, 1,200 orders.",
        ),
    ] = False,
) -> None:
    """Run the service: views follow the log, timers submit due commands, and HTTP answers reads.

    Creates a ledger if there is none. Ctrl-C ends the service and the embedded database.
    """
    from service.cli.logs import log_to_standard_error
    from service.running_service import serve

    log_to_standard_error(settings.log_format)
    codes: list[str] = []

    def first(app: App) -> None:
        from service.access.tokens import first_code

        (_show_month if with_trading_month else _finish_month)(app)
        codes.extend(filter(None, [first_code(app)]))

    serve(settings, first=first, ready=lambda address: _announce(address, codes), demonstration=with_trading_month)


def _finish_month(app: App) -> None:
    """Finishes the trading month of a demonstration that was cut off. Leaves every other ledger unchanged."""
    from service.demo.trading_month import is_whole

    if app.ledger.identity.demonstration and not is_whole(app):
        _show_month(app)


def _show_month(app: App) -> None:
    from service.demo.trading_month import record_trading_month

    note(app)
    with progress_bar("a trading month", "commands") as advance:
        summary = record_trading_month(app, advance)
    show_summary(summary)


def show_summary(summary: MonthSummary) -> None:
    console = stdout()
    for subject, reported in summary.lines.items():
        console.print(f"{subject:<10} {reported}", soft_wrap=True)
    show(MONTH_BALANCES, MONTH_BALANCES.rows_of(summary.merchants[:_MERCHANTS_SHOWN]), Format.TABLE)
    if (more := len(summary.merchants) - _MERCHANTS_SHOWN) > 0:
        console.print(f"and {more} more: redledger balances")
    console.print(f"Trial balance: {summary.trial_total}")
    console.print(
        f"{summary.days.month_end} as known three days later, and why it differs from what is known now:",
        soft_wrap=True,
    )
    for question in summary.late_facts:
        console.print(f"  {question}", soft_wrap=True)


def _announce(address: str, codes: list[str]) -> None:
    for code in codes:
        stdout().print(
            "The console, for an admin: open this link within a day. It works once, and shows the first access token.\n"
            f"  {address}/console/sign-in#{code}",
            soft_wrap=True,
            highlight=False,
        )
    stdout().print(
        f"RedLedger answers on {address}\n"
        f"  {address}/console is for people: sign in with an access token.\n"
        f"  {address}/docs lists every address. Each needs an access token:\n"
        f'  curl -H "Authorization: Bearer TOKEN" {address}/v1/balances\n'
        "Ctrl-C ends it.",
        soft_wrap=True,
    )
