"""`redledger import psp`, `bank`, `pain002`, `invoices`, `tracking`: import of partners' files, one row a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import progress_bar, show, stderr
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import FILE

if TYPE_CHECKING:
    from ledger.money import Money
    from service.app import App
    from service.intake.files import FileSummary, Progress
    from service.partner_facts.settlement import ReportBatch

_SHOWN = 20
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="File as the partner sent it.")]

MatchOption = Annotated[
    bool, typer.Option("--match", help="Match the unmatched items of a file that was imported before.")
]


class ReportForm(StrEnum):
    """Formats of settlement reports."""

    NEUTRAL = "neutral"
    STRIPE = "stripe"
    ADYEN = "adyen"


class TrackingForm(StrEnum):
    """Carriers and tracking providers whose formats are read."""

    AFTERSHIP = "aftership"
    EASYPOST = "easypost"
    UPU = "upu"
    PARSED = "parsed"
    RAW = "raw"


@takes_settings()
def from_psp(
    settings: Settings,
    file: FileArgument,
    form: Annotated[ReportForm, typer.Option(help="Format of the file.")] = ReportForm.NEUTRAL,
    psp: Annotated[
        str | None,
        typer.Option(
            help="Name of the provider, as in its captures.", show_default="of the forms stripe and adyen: the same"
        ),
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USD=7.15", help="Stripe, Adyen: CNY received for one unit of a currency; may be repeated."
        ),
    ] = None,
    received: Annotated[
        str | None,
        typer.Option(metavar="CNY", help="Stripe, Adyen: amount of the payout that the bank received, such as 479.98."),
    ] = None,
    bank_entry: Annotated[
        str, typer.Option(metavar="REF", help="Stripe, Adyen: reference of the payout at the bank.")
    ] = "",
    match: MatchOption = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Import a settlement report of a provider. Each line is matched to its order; a mismatch opens a break."""
    from service.formats.days import last_day
    from service.intake.files import read_file
    from service.intake.settlement_reports import import_report

    provider = psp or _provider_of(form)
    raw = read_file(file)
    read = _reader_of(form, provider, rates=rate or [], received=received, bank_entry=bank_entry)

    def recorded(app: App, progress: Progress) -> FileSummary:
        batches = read(raw.name, raw.content, last=last_day(app.clock()))
        return import_report(app, raw, batches, psp=provider, match=match, progress=progress)

    _record(settings, format, recorded)


@takes_settings()
def from_bank(
    settings: Settings,
    file: FileArgument,
    bank: Annotated[str, typer.Option(help="Name of the bank in the audit trail.")] = "bank",
    format: FormatOption = Format.TABLE,
) -> None:
    """Import a bank statement (ISO 20022 camt.053): payouts are paid or returned, deposits are matched, other entries
    open breaks."""
    from service.intake.bank_statements import import_camt
    from service.intake.files import read_file

    raw = read_file(file)
    _record(settings, format, partial(import_camt, file=raw, bank=bank))


@takes_settings()
def from_order(
    settings: Settings,
    file: FileArgument,
    bank: Annotated[str, typer.Option(help="Name of the bank in the audit trail.")] = "bank",
    format: FormatOption = Format.TABLE,
) -> None:
    """Import a bank's answer to a payment order (ISO 20022 pain.002): payouts are accepted, paid or refused."""
    from service.intake.files import read_file
    from service.intake.payment_answers import import_pain002

    raw = read_file(file)
    _record(settings, format, partial(import_pain002, file=raw, bank=bank))


@takes_settings()
def from_partner(
    settings: Settings,
    file: FileArgument,
    partner: Annotated[str, typer.Option(help="Sender of the invoice: a carrier or a customs agent.")],
    match: MatchOption = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Import an invoice for freight or duty in the neutral format, one parcel a row."""
    from service.intake.files import read_file
    from service.intake.invoices import import_invoice

    raw = read_file(file)
    _record(settings, format, partial(import_invoice, file=raw, partner=partner, match=match))


@takes_settings()
def from_carrier(
    settings: Settings,
    file: FileArgument,
    form: Annotated[TrackingForm, typer.Option(help="Format of the reports.")],
    carrier: Annotated[str, typer.Option(help="Sender of the file, if it is not the owner of the format.")] = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Import tracking reports of a carrier or a tracking provider: one JSON or XML document, or one JSON body a line.

    Scans are matched to parcels by tracking number, else they wait as unmatched items. A raw body is kept whole with
    its codes.
    """
    from service.intake.files import read_file
    from service.intake.tracking import import_tracking

    if form is TrackingForm.RAW and not carrier:
        raise typer.BadParameter("says who sent a raw body", param_hint="--carrier")
    raw = read_file(file)
    _record(settings, format, partial(import_tracking, file=raw, form=form, sender=carrier or form))


def _reader_of(
    form: ReportForm, provider: str, *, rates: list[str], received: str | None, bank_entry: str
) -> Callable[..., list[ReportBatch]]:
    from service.adapters.psp.adyen_report import read_adyen
    from service.adapters.psp.neutral_csv import read_neutral
    from service.adapters.psp.stripe_report import read_stripe

    if form is ReportForm.NEUTRAL:
        return partial(read_neutral, psp=provider)
    read: Callable[..., list[ReportBatch]] = {ReportForm.STRIPE: read_stripe, ReportForm.ADYEN: read_adyen}[form]
    return partial(read, rates=_rates(rates), received=_cny(received), bank_entry_ref=bank_entry)


def _provider_of(form: ReportForm) -> str:
    """Returns the provider that owns the format. Raises `BadParameter` for a format that every provider may use."""
    if form is ReportForm.NEUTRAL:
        raise typer.BadParameter("say whose report it is, by the name that its captures have", param_hint="--psp")
    return form.value


def _record(settings: Settings, format: Format, work: Callable[..., FileSummary]) -> None:
    with opened(settings) as app, progress_bar("importing", "rows") as advance:
        summary = work(app, progress=advance)
    show(FILE, FILE.rows_of([summary], file=lambda each: each.name), format)
    done = summary.recorded + summary.repeated + summary.nothing
    stderr().print(f"{done} of {summary.rows} rows{' were recorded before' if not summary.recorded else ''}.")
    stderr().print(_differences(summary), soft_wrap=True)
    if summary.unread:
        stderr().print(
            f"{len(summary.unread)} rows cannot be used and are kept among the unmatched: redledger unmatched."
        )
    _say_some(summary.unread, style="yellow")
    _say_some(summary.refusals, style="red")
    if summary.failed:
        raise ServiceFailure(
            f"{summary.failed} rows of {summary.name} failed by a defect of the program. Import the file again."
        )
    if summary.refused:
        raise ServiceFailure(f"{summary.refused} rows of {summary.name} were refused.")


def _say_some(sentences: Sequence[str], *, style: str) -> None:
    """Returns the first items, and a line with the number of further ones."""
    for sentence in sentences[:_SHOWN]:
        stderr().print(sentence, style=style, soft_wrap=True)
    if (more := len(sentences) - _SHOWN) > 0:
        stderr().print(f"and {more} more rows.", style=style)


def _differences(summary: FileSummary) -> str:
    if not summary.breaks and not summary.unmatched:
        return "No break was opened."
    breaks = f"{summary.breaks} break{'s' * (summary.breaks != 1)}"
    items = f", and {summary.unmatched} items are unmatched" if summary.unmatched else ""
    return f"It opened {breaks}{items}: redledger exceptions"


def _rates(reported: list[str]) -> dict[str, str]:
    """Returns the rates by currency. Raises `BadParameter` for a currency outside ISO 4217 and for a bad number."""
    from ledger.currencies import UnknownCurrency, exponent_of
    from ledger.numbers import read_decimal

    rates = dict(text.partition("=")[::2] for text in reported)
    for currency, value in rates.items():
        if not (currency and value):
            raise typer.BadParameter("a rate is written as USD=7.15", param_hint="--rate")
        try:
            exponent_of(currency)
            read_decimal(value)
        except (UnknownCurrency, ValueError) as error:
            raise typer.BadParameter(f"{currency}={value}: {error}", param_hint="--rate") from None
    return rates


def _cny(text: str | None) -> Money | None:
    from ledger.fx import CNY
    from ledger.money import Money

    try:
        return Money.of(text, CNY) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--received") from None
