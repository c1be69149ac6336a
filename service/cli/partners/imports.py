"""`redledger import`: imports histories of other systems as commands, and accounts for every source row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import print_json, progress_bar, show
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.columns import Table, counts, texts
from service.tables.tables import IMPORT_SECTIONS

if TYPE_CHECKING:
    from ledger.log.rows import Recorded
    from service.app import App
    from service.demo.olist.summary import Section, Summary

_READ_AT_ONCE = 5_000

importing = typer.Typer(no_args_is_help=True, help="Import histories of other systems and files of partners.")


@importing.command()
@takes_settings()
def olist(
    settings: Settings,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with orders.csv.gz and the other files of the data set.")
    ],
    rates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Zip file of the ECB's historical reference rates.",
            show_default="DIR/../fx_ecb/eurofxref-hist.zip",
        ),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Import the orders of the Olist marketplace from its public data set.

    Accounts for every source row, and compares the recorded amounts with the source, in BRL to the centavo. Importing
    a folder again changes nothing; run an import that was cut off again. Ends with 0 if all amounts agree.
    """
    from service.demo.olist.importer import default_rate_file

    with opened(settings, create=True) as app:
        summary = _import(app, folder, rates or default_rate_file(folder))
    _print(summary, format)
    if not summary.ties:
        raise ServiceFailure("The recorded and refused amounts do not add up to the source.")


def _import(app: App, folder: Path, rates: Path) -> Summary:
    from commands.bus.reference_feed import ReferenceFeed
    from service.adapters.ecb import BadRateFile, NoCrossRate
    from service.demo.olist.importer import plan_import, run_import
    from service.demo.olist.table import BadSource

    try:
        in_force = ReferenceFeed(app.ledger, monotonic=monotonic).current()
        plan = plan_import(folder, rates, in_force)
    except (BadSource, BadRateFile, NoCrossRate) as problem:
        raise ServiceFailure(str(problem)) from None
    with progress_bar("importing", "commands") as advance:
        try:
            return run_import(plan, app.bus.submit, lambda: _rows(app), progress=advance)
        except KeyboardInterrupt:
            raise ServiceFailure("Interrupted. Import the folder again: recorded commands are only repeated.") from None


def _rows(app: App) -> Iterator[Recorded]:
    for book in app.ledger.reader.heads():
        after = 0
        while rows := app.ledger.reader.read(book, after, _READ_AT_ONCE):
            yield from rows
            after = rows[-1].position


def _print(summary: Summary, format: Format) -> None:
    match format:
        case Format.JSON:
            print_json(summary.as_json())
        case Format.CSV:
            rows = [
                {"section": section.title, "row": row[0], "column": column, "value": value}
                for section in summary.sections()
                for row in section.rows
                for column, value in zip(section.columns[1:], row[1:], strict=True)
            ]
            show(IMPORT_SECTIONS, rows, format)
        case Format.TABLE:
            for section in summary.sections():
                if section.rows:
                    show(_table_of(section), [_counted(section, row) for row in section.rows], format)


def _table_of(section: Section) -> Table:
    first, *others = section.columns
    return Table((*texts(first), *counts(*others)), title=section.title)


def _counted(section: Section, row: Sequence[str]) -> dict[str, int | str]:
    """A row with its counts as numbers."""
    return {
        name: int(cell) if cell.isascii() and cell.isdigit() else cell
        for name, cell in zip(section.columns, row, strict=True)
    }
