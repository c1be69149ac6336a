"""`redledger rates`: the exchange rates that are used for a day."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import rows_of, show
from service.cli.timepoints import AsKnownAt, answerable, day_of, instant_of
from service.cli.view_reads import reading
from service.settings import Settings
from service.tables.tables import RATES


@takes_settings()
def rates(
    settings: Settings,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The accounting day.", show_default="today")
    ] = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the rates used for a day, in CNY for one unit: the day and source of each, and if decisions may still use
    it."""
    from ledger.accounting_days import accounting_day
    from service.finance.rates import rates_on

    with reading(settings) as app, answerable():
        day = day_of(as_of) or accounting_day(app.clock())
        found = list(rates_on(app, day, as_known_at=instant_of(as_known_at)))
    show(RATES.titled(f"Rates of {day}, CNY for one unit"), rows_of(found, RATES), format)
