"""`redledger export`: the journal for other bookkeeping programs, payouts for the bank."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from commands.recording import accounting_day
from ledger.log.rows import Recorded
from projections.payouts import Payouts, payouts
from service.adapters.bank.pain001 import Debtor, Payee, payment_order
from service.adapters.files.bad_file import BadFile
from service.adapters.journal.beancount import write_beancount
from service.adapters.journal.hledger import write_hledger
from service.adapters.journal.journal_csv import write_journal_csv
from service.adapters.journal.postings import posted
from service.app import open_app
from service.cli.moments import AsKnownAt, AsOf, answerable, day_of, instant_of
from service.cli.options import takes_settings
from service.cli.reading import reading
from service.failures import ServiceFailure
from service.settings import Settings

exporting = typer.Typer(no_args_is_help=True, help="Hand the journal, or payouts, to other programs.")
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="standard output")
]
_EVERY = 1_000_000  # payouts: none is left out of an order
Write = Callable[[Iterable[Recorded], TextIO], None]


@exporting.command("beancount")
@takes_settings()
def to_beancount(settings: Settings, output: Output = None, as_of: AsOf = None, as_known_at: AsKnownAt = None) -> None:
    """The whole journal for Beancount: `bean-check` accepts it, and its balances are ours."""
    _export(settings, write_beancount, output, as_of, as_known_at)


@exporting.command("hledger")
@takes_settings()
def to_hledger(settings: Settings, output: Output = None, as_of: AsOf = None, as_known_at: AsKnownAt = None) -> None:
    """The whole journal for hledger: `hledger check --strict` accepts it, and its balances are ours."""
    _export(settings, write_hledger, output, as_of, as_known_at)


@exporting.command("journal-csv")
@takes_settings()
def to_csv(settings: Settings, output: Output = None, as_of: AsOf = None, as_known_at: AsKnownAt = None) -> None:
    """The whole journal as one CSV row a line."""
    _export(settings, write_journal_csv, output, as_of, as_known_at)


@exporting.command("pain001")
@takes_settings()
def to_bank(
    settings: Settings,
    debtor: Annotated[str, typer.Option(metavar="NAME", help="In whose name we pay.")],
    account: Annotated[str, typer.Option(metavar="NUMBER", help="Our account.")],
    bank: Annotated[str, typer.Option(metavar="CODE", help="Our bank's CNAPS number.")],
    payees: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of account_ref, name, account, bank: whose account a token stands for."),
    ] = None,
    execute_on: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The day the bank is to pay on.", show_default="today")
    ] = None,
    output: Output = None,
) -> None:
    """Payouts that the bank does not have yet, as a payment order (pain.001.001.09) that its schema accepts."""
    with reading(settings, [Payouts()]) as app:
        message = payment_order(
            payouts(app.views, state="initiated", limit=_EVERY),
            debtor=Debtor(debtor, account, bank),
            payees=_payees(payees) if payees else {},
            execute_on=day_of(execute_on, "--execute-on") or accounting_day(app.clock()),
            created_at=app.clock(),
        )
    with _opened(output) as out:
        out.write(message.decode())


def _export(settings: Settings, write: Write, output: Path | None, as_of: str | None, as_known_at: str | None) -> None:
    day, instant = day_of(as_of), instant_of(as_known_at)
    with open_app(settings) as app, answerable(), _opened(output) as out:
        reader = app.ledger.reader
        vector = reader.positions_as_known_at(instant) if instant else reader.heads()
        write(posted(reader, vector, as_of=day), out)


def _payees(path: Path) -> dict[str, Payee]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
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
