"""`redledger`: the command line, one line here for each command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from service.cli.books.books import contribution, explain, reconciliation, show_exposure, trial_balance
from service.cli.books.periods import close_period, periods, reopen_period, revalue
from service.cli.books.rates import rates
from service.cli.endings import MEANINGS, Program, ended
from service.cli.ledger.log import verify_log
from service.cli.ledger.status import settings, status
from service.cli.ledger.views import rebuild_views, verify_views
from service.cli.lookups import show
from service.cli.money.balances import balances
from service.cli.money.settlement import list_payouts, settle, statement
from service.cli.orders.history import history
from service.cli.orders.track import track
from service.cli.partners.exports import exporting
from service.cli.partners.files import from_bank, from_carrier, from_order, from_partner, from_psp
from service.cli.partners.imports import importing
from service.cli.partners.instructions import instructions
from service.cli.record import record
from service.cli.submission import submit
from service.cli.up import up
from service.cli.work.breaks import breaks
from service.cli.work.parking import park, parked, unpark
from service.cli.work.proposals import approve, propose, reject
from service.cli.work.unmatched import match, unmatched
from service.cli.work.worklists import approvals, declarations, exceptions, overdue, proposals, sales
from service.failures import ServiceFailure

app = typer.Typer(
    name="redledger",
    cls=Program,
    help="The event-sourced order ledger: record commands, read balances, follow orders, and verify the log.",
    epilog="Ends with: " + " ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(record)
app.command()(submit)
importing.command("psp")(from_psp)
importing.command("bank")(from_bank)
importing.command("pain002")(from_order)
importing.command("invoices")(from_partner)
importing.command("tracking")(from_carrier)
app.add_typer(importing, name="import")
app.add_typer(exporting, name="export")
app.command()(balances)
app.command()(settle)
app.command()(statement)
app.command("payouts")(list_payouts)
app.command()(show)
app.command()(trial_balance)
app.command()(contribution)
app.command("exposure")(show_exposure)
app.command("explain-difference")(explain)
app.command()(reconciliation)
app.add_typer(breaks, name="break")
app.command()(periods)
app.command()(close_period)
app.command()(reopen_period)
app.command()(revalue)
app.command()(rates)
app.command()(track)
app.command()(history)
app.command()(approvals)
app.command()(proposals)
app.command()(propose)
app.command()(approve)
app.command()(reject)
app.add_typer(park, name="park")
app.add_typer(unpark, name="unpark")
app.command()(parked)
app.command()(exceptions)
app.command()(instructions)
app.command()(unmatched)
app.command()(match)
app.command()(overdue)
app.command()(declarations)
app.command()(sales)
app.command("rebuild")(rebuild_views)
app.command()(verify_views)
app.command()(verify_log)
app.command()(status)
app.command()(settings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command. Prints the reason of a failure as one sentence on standard error, and ends with an
    `ExitCode`."""
    with ended():
        _expect_text(sys.argv[1:] if arguments is None else arguments)
        app(args=arguments)


def _expect_text(arguments: Sequence[str]) -> None:
    """Raises `ServiceFailure` for text that is not UTF-8, and for NUL. PostgreSQL can store neither."""
    for place, argument in enumerate(arguments, 1):
        if "\0" in argument or any("\ud800" <= letter <= "\udfff" for letter in argument):
            raise ServiceFailure(f"Argument {place}, {argument[:40]!a}, is not UTF-8 text. Type it again.")


if __name__ == "__main__":
    main()
