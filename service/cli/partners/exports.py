"""`redledger export`: the journal for other bookkeeping programs, payouts for the bank."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from service.cli.demonstration import opened
from service.cli.options import takes_settings
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, day_of, instant_of
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.settings import Settings

if TYPE_CHECKING:
    from ledger.log.rows import Recorded
    from service.exports.pain001 import Payee


exporting = typer.Typer(no_args_is_help=True, help="Export the journal or payouts to other programs.")
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write.", show_default="standard output")
]
_EVERY = 1_000_000  # payouts: none is left out of an order


@exporting.command("beancount")
@takes_settings()
def to_beancount(
    settings: Settings, output: Output = None, as_of: AsOfOption = None, as_known_at: AsKnownAt = None
) -> None:
    """Export the whole journal for Beancount. `bean-check` accepts it and computes the same balances."""
    from service.exports.beancount import write_beancount

    _export(settings, write_beancount, output, as_of, as_known_at)


@exporting.command("hledger")
@takes_settings()
def to_hledger(
    settings: Settings, output: Output = None, as_of: AsOfOption = None, as_known_at: AsKnownAt = None
) -> None:
    """Export the whole journal for hledger. `hledger check --strict` accepts it and computes the same balances."""
    from service.exports.hledger import write_hledger

    _export(settings, write_hledger, output, as_of, as_known_at)


@exporting.command("journal-csv")
@takes_settings()
def to_csv(settings: Settings, output: Output = None, as_of: AsOfOption = None, as_known_at: AsKnownAt = None) -> None:
    """Export the whole journal as CSV, one row for each journal line."""
    from service.exports.journal_csv import write_journal_csv

    _export(settings, write_journal_csv, output, as_of, as_known_at)


@exporting.command("pain001")
@takes_settings()
def to_bank(
    settings: Settings,
    debtor: Annotated[str, typer.Option(metavar="NAME", help="Name of the payer.")],
    account: Annotated[str, typer.Option(metavar="NUMBER", help="Account of the payer.")],
    bank: Annotated[str, typer.Option(metavar="CODE", help="CNAPS number of the payer's bank.")],
    payees: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV file with the columns account_ref, name, account, bank: the account of each reference.",
        ),
    ] = None,
    execute_on: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day on which the bank pays.", show_default="today")
    ] = None,
    output: Output = None,
) -> None:
    """Export the payouts that were not sent to the bank yet as a payment order (ISO 20022 pain.001.001.09).

    A payout that no bank could take, such as one with a too long account number, is named and left out. The ledger
    records which payouts are in it.
    """
    from ledger.accounting_days import accounting_day
    from projections.balances.payouts import Payouts, payouts
    from service.exports.pain001 import Debtor, payment_order
    from service.intake.payment_orders import record_order

    with reading(settings, [Payouts()]) as app:
        order = payment_order(
            payouts(app.views, state="initiated", limit=_EVERY),
            debtor=Debtor(debtor, account, bank),
            payees=_payees(payees) if payees else {},
            execute_on=day_of(execute_on, "--execute-on") or accounting_day(app.clock()),
            created_at=app.clock(),
        )
        record_order(app, order)
    with _opened(output) as out:
        out.write(order.message.decode())
    _refuse_if_left_out(order.left_out)


def _refuse_if_left_out(left_out: dict[str, str]) -> None:
    if left_out:
        reported = "\n".join(f"  {payout_id}: {why}" for payout_id, why in sorted(left_out.items()))
        raise ServiceFailure(f"{len(left_out)} payouts are not in the payment order; the others are.\n{reported}")


def _export(
    settings: Settings,
    write: Callable[[Iterable[Recorded], TextIO], None],
    output: Path | None,
    as_of: str | None,
    as_known_at: str | None,
) -> None:
    from service.exports.postings import posted

    day, instant = day_of(as_of), instant_of(as_known_at)
    with opened(settings) as app, answerable(), _opened(output) as out:
        reader = app.ledger.reader
        vector = reader.positions_as_known_at(instant) if instant else reader.heads()
        write(posted(reader, vector, as_of=day), out)


def _payees(path: Path) -> dict[str, Payee]:
    from service.exports.pain001 import Payee
    from service.formats.bad_file import BadFile

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        if short := next((line for line, row in enumerate(rows, 2) if None in row.values()), None):
            raise BadFile(path.name, "the row has fewer cells than the header", line=short)
        return {row["account_ref"]: Payee(row["name"], row["account"], row["bank"]) for row in rows}
    except KeyError as missing:
        raise BadFile(path.name, f"the column {missing.args[0]} is missing", line=1) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ServiceFailure(f"{path} cannot be read: {error}.") from None


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8") as out:
            yield out
    except OSError as error:
        raise ServiceFailure(f"{path} cannot be written: {error.strerror}.") from None
