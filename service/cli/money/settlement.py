"""`redledger settle` and `statement`: settlement runs and the statements that they issue."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import progress_bar, show
from service.cli.timepoints import AsKnownAt, AsOfOption, day_of, instant_of
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import SETTLEMENT_RUN


class StatementFormat(StrEnum):
    """Formats of a statement. The hash of a statement covers its JSON form."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


@takes_settings()
def settle(
    settings: Settings,
    run: Annotated[
        str,
        typer.Option("--run", metavar="ID", help="Name of the run, such as 2025-W14. The same name continues the run."),
    ],
    cut_off: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Instant in the past.", show_default="now")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Release due money, then issue a statement and initiate a payout for every merchant, as of one cut-off.

    It is safe to run the command again, or on two machines at once: each step is done once. A merchant that fails is
    named and does not stop the others. Run the same settlement run again to continue.
    """
    from service.finance.settlement_run import settle as do_settle

    instant = instant_of(cut_off, "--cut-off")
    with opened(settings) as app, progress_bar("settling", "merchants") as advance:
        try:
            done = do_settle(app, run, cut_off=instant, progress=advance)
        except KeyboardInterrupt:
            raise ServiceFailure("Interrupted. Run it again: it continues where it stopped.") from None
    row = {
        "run": done.run_id,
        "cut_off": done.cut_off,
        "merchants": done.merchants,
        "statements": done.statements,
        "payouts": done.payouts,
        "paid": done.paid,
        "refused": dict(sorted(done.refused.items())),
        "failed": len(done.failed),
    }
    show(SETTLEMENT_RUN, [row], format)
    if done.failed:
        reported = "\n".join(f"  {name}: {sentence}" for name, sentence in sorted(done.failed.items()))
        raise ServiceFailure(f"Some merchants are not settled; all others are. Run it again.\n{reported}")


@takes_settings()
def statement(
    settings: Settings,
    merchant: Annotated[str, typer.Argument(metavar="MERCHANT", help="Id of the merchant.")],
    number: Annotated[
        int | None,
        typer.Option(min=1, help="Number of the statement; the merchant's first is 1.", show_default="the last"),
    ] = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: Annotated[StatementFormat, typer.Option("--format", help="Output format.")] = StatementFormat.TABLE,
) -> None:
    """Show a settlement statement, byte for byte as it was issued."""
    from projections.balances.merchant_balances import MerchantBalances
    from service.finance.statements import issued_statements, statement_of
    from service.questions.filters import check_filters

    with reading(settings, [MerchantBalances()]) as app:
        check_filters(app, merchant=merchant)
        known = issued_statements(app, merchant, as_of=day_of(as_of), as_known_at=instant_of(as_known_at))
        found = statement_of(app, known, number)
    match format:
        case StatementFormat.JSON:
            sys.stdout.write(found.json + "\n")
        case StatementFormat.CSV:
            sys.stdout.write(found.csv)
        case StatementFormat.HTML:
            sys.stdout.write(found.html)
        case StatementFormat.TABLE:
            sys.stdout.write(found.text)
