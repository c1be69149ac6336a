"""`redledger settle`, `statement` and `payouts`: settlement runs and their results."""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import AfterOption, Format, FormatOption, LimitOption, takes_settings
from service.cli.output import progress_bar, rows_of, say_more, show
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, day_of, instant_of, timepoint_of
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.questions.pages import page_of
from service.settings import Settings
from service.tables.tables import PAYOUTS, SETTLEMENT_RUN, STATEMENTS


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
    every: Annotated[bool, typer.Option("--list", help="List the statements of the merchant.")] = False,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: Annotated[StatementFormat, typer.Option("--format", help="Output format.")] = StatementFormat.TABLE,
) -> None:
    """Show a settlement statement, byte for byte as it was issued."""
    from projections.balances.merchant_balances import MerchantBalances
    from service.finance.statements import issued_statements, statement_of

    with reading(settings, [MerchantBalances()], merchant=merchant) as app:
        known = issued_statements(app, merchant, as_of=day_of(as_of), as_known_at=instant_of(as_known_at))
        if every:
            chosen = Format(format.value if format is not StatementFormat.HTML else "table")
            show(STATEMENTS, rows_of(known, STATEMENTS), chosen)
            return
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


@takes_settings()
def list_payouts(
    settings: Settings,
    state: Annotated[
        str | None, typer.Option(help="State: initiated, submitted, paid, failed, cancelled or returned.")
    ] = None,
    merchant: Annotated[str | None, typer.Option(help="Only payouts of this merchant.")] = None,
    run: Annotated[str | None, typer.Option(help="Only payouts of this settlement run, such as 2025-W14.")] = None,
    limit: LimitOption = 10_000,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List payouts with their state, now, on a day or as known at an instant; the oldest first."""
    from projections.balances.payouts import Payouts, payouts

    with reading(settings, [Payouts()], state=state, merchant=merchant, run=run) as app, answerable():
        timepoint = timepoint_of(as_of, as_known_at)
        page = page_of(
            "payouts",
            partial(payouts, app.views, timepoint, state=state, merchant=merchant, run=run),
            limit=limit,
            after=after,
        )
    show(PAYOUTS, rows_of(page.rows, PAYOUTS), format)
    say_more(page.next, len(page.rows))
