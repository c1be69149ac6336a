"""Imports invoices of carriers and customs agents: a neutral CSV with one row for each parcel, then the total.

invoice_ref     the partner's reference of the invoice; one for each file
line_ref        its reference of this row; in the total: the number of rows
kind            freight (or another kind of transport cost), duty, or total
tracking_no     the parcel's tracking number; or merchant_id, order_id and parcel_id, if the partner knows them
currency, amount   major units; one currency for each invoice
declared_value, declared_currency, borne_by   for a duty: its assessed value; buyer or platform (the default)
charged_on      YYYY-MM-DD
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from commands.command import Command
from commands.logistics.record_logistics_charge import RecordLogisticsCharge
from commands.logistics.report_duty import ReportDuty
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.actors import Actor, Source
from ledger.ids import derived_id, order_stream
from ledger.limits import LATEST_DAY
from ledger.money import Money, total
from projections.tracking.tracking_numbers import TrackingNumbers, parcels_numbered
from service.adapters.files.bad_file import BadFile
from service.adapters.files.csv_table import Cells, read_csv, usual
from service.adapters.files.days import last_day
from service.adapters.files.importer import FileSummary, Progress, RawFile, Row, import_rows
from service.adapters.files.unmatched_rows import out_of_the_unmatched_items, waiting
from service.adapters.files.unread import UnreadItem, Unusable, unread_rows
from service.app import App

KIND = "partner_invoice"
COLUMNS = (
    "invoice_ref", "line_ref", "kind", "tracking_no", "merchant_id", "order_id", "parcel_id", "currency", "amount",
    "declared_value", "declared_currency", "borne_by", "charged_on",
)  # fmt: skip
_TOTAL, _DUTY = "total", "duty"
Parcel = tuple[str, str, str]  # merchant, order, parcel


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """The cost of one parcel. `parcel` is None if only the tracking number is known."""

    line: int
    line_ref: str
    kind: str
    tracking_no: str
    parcel: Parcel | None
    amount: Money
    declared: Money | None
    borne_by: str
    charged_on: date


@dataclass(frozen=True, slots=True)
class Invoice:
    """One partner's invoice for many parcels."""

    invoice_ref: str
    lines: tuple[InvoiceLine, ...]
    amount: Money
    unread: tuple[UnreadItem, ...] = ()


class _Reading:
    """Reads an invoice. Its reference and currency are those of most rows."""

    def __init__(self, rows: list[Cells], last: date) -> None:
        self._rows, self._last = rows, last
        self.lines: list[InvoiceLine] = []
        self.invoice_ref = usual(rows, lambda cells: cells.reference("invoice_ref")) or ""
        self._currency = usual(rows, Cells.currency)
        self.amount: tuple[Cells, int, Money] | None = None  # the row of the total, its number of lines and its amount
        self._seen: dict[str, int] = {}

    def take(self, cells: Cells) -> None:
        """Adds a row. Raises `BadFile` if it cannot be used."""
        cells.expect_whole()
        if cells.reference("invoice_ref") != self.invoice_ref:
            raise cells.refused("a file holds one invoice, and this row belongs to another")
        if self.amount is not None:
            raise cells.refused("it comes after the total")
        if cells.currency() != self._currency:
            raise cells.refused(f"it is in {cells.currency()}, the invoice in {self._currency}")
        if cells.text("kind") == _TOTAL:
            self.amount = cells, cells.count("line_ref"), cells.money("amount", self._currency)
        else:
            self.lines.append(_line(cells, self._seen, self._last))

    def checked_total(self, unusable: Unusable) -> Money:
        """Returns the sum of the lines. Raises `BadFile` if the invoice's total differs, or if the total is missing and
        no unusable row may be the total.
        """
        found = total([line.amount for line in self.lines], self.lines[0].amount.currency)
        kept = [cells for cells in self._rows if unusable.any_of([cells])]
        if self.amount is None:
            if not any(cells.is_whole for cells in kept):
                raise self._rows[-1].refused("the invoice ends without its total")
            return found
        cells, count, said = self.amount
        if not kept and (said, count) != (found, len(self.lines)):
            reason = f"the total is {said} for {count} rows, the {len(self.lines)} rows come to {found}"
            raise cells.refused(reason)
        return found


def read_invoice(name: str, content: bytes, *, last: date = LATEST_DAY) -> Invoice:
    """Returns the invoice of a file. An unusable row does not affect the others. `last` is the last day it may name.

    Raises `BadFile` with the line if the invoice does not add up, or if no row can be used.
    """
    rows, unusable = list(read_csv(name, content, COLUMNS)), Unusable()
    reading = _Reading(rows, last)
    for cells in rows:
        try:
            reading.take(cells)
        except BadFile as problem:
            unusable.keep(problem, cells)
    unusable.refuse_unless(reading.lines)
    if not reading.lines:
        raise BadFile(name, "there is no line in it")
    amount = reading.checked_total(unusable)
    return Invoice(reading.invoice_ref, tuple(reading.lines), amount, tuple(unusable.items))


def import_invoice(
    app: App,
    file: RawFile,
    *,
    partner: str,
    match: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> FileSummary:
    """Imports an invoice: accepts it, records its usable rows and keeps the others. Raises `BadFile`.

    A repeated import changes nothing. With `match`, unmatched rows go to their parcel if it is known now.
    """
    invoice = read_invoice(file.name, file.content, last=last_day(app.clock()))
    app.catch_up([TrackingNumbers()])
    names = {line.line_ref: derived_id(invoice.invoice_ref, line.line_ref) for line in invoice.lines}
    before = waiting(app, file, KIND, partner, names.values())
    rows = []
    for line in invoice.lines:
        kept = before.keeps(names[line.line_ref], match=match)
        parcel = None if kept else line.parcel or _numbered(app, line.tracking_no)
        command = _command(app, file, partner, invoice, line, parcel)
        if parcel and before.leaves(names[line.line_ref], match=match):
            gone = out_of_the_unmatched_items(file, partner, names[line.line_ref], [order_stream(*parcel[:2])])
            rows.append(Row(line.line, (command, gone), leaves_unmatched=True))
        else:
            rows.append(Row(line.line, (command,)))
    rows += unread_rows(file, invoice.unread, system=partner)
    header = {"invoice_ref": invoice.invoice_ref, "amount": str(invoice.amount)}
    return import_rows(app, file, kind=KIND, partner=partner, header=header, rows=rows, progress=progress)


def _line(cells: Cells, seen: dict[str, int], last: date) -> InvoiceLine:
    """Returns the line of a row; `seen` is the row of each reference so far."""
    line_ref = cells.reference("line_ref")
    if (before := seen.get(line_ref, cells.line)) != cells.line:
        raise cells.refused(f"the line {line_ref} is already in line {before}")
    currency = cells.currency()
    amount = cells.money("amount", currency)
    if amount.minor <= 0:
        raise cells.wrong("amount", "more than zero")
    named = [cells.id_or_none(column) for column in ("merchant_id", "order_id", "parcel_id")]
    merchant, order, parcel = named
    whole = (merchant, order, parcel) if merchant and order and parcel else None
    if whole is None and not cells.number("tracking_no"):
        raise cells.refused("it names neither a tracking number nor a merchant's parcel")
    kind = cells.id("kind")
    declared = cells.money("declared_value", cells.currency("declared_currency")) if kind == _DUTY else None
    if declared is not None and declared.minor < 0:
        raise cells.wrong("declared_value", "a value")
    line = InvoiceLine(
        line=cells.line,
        line_ref=line_ref,
        kind=kind,
        tracking_no=cells.number("tracking_no"),
        parcel=whole,
        amount=amount,
        declared=declared,
        borne_by=cells.one_of("borne_by", ("buyer", "platform", "")) or "platform",
        charged_on=cells.day_within("charged_on", last),
    )
    seen[line_ref] = cells.line
    return line


def _command(
    app: App, file: RawFile, partner: str, invoice: Invoice, line: InvoiceLine, parcel: Parcel | None
) -> Command:
    # Partners number the rows of every invoice from one: only the number with the invoice identifies a charge.
    ref = derived_id(invoice.invoice_ref, line.line_ref)
    envelope = {
        "id": file.command_id(invoice.invoice_ref, line.line_ref),
        "actor": Actor(kind="partner", id=partner, role="logistics"),
        "source": Source(system=partner, external_id=f"{file.name}:{line.line}"),
        "occurred_at": min(datetime.combine(line.charged_on, time(12), ACCOUNTING_ZONE), app.clock()),
    }
    if parcel is None:
        refs = {"invoice_ref": invoice.invoice_ref, "tracking_no": line.tracking_no}
        body = {"kind": line.kind, "currency": line.amount.currency, "minor": line.amount.minor}
        return ReportUnmatchedFact(
            **envelope, system=partner, reference=ref, kind="partner_charge", refs=refs, body=body
        )
    names = dict(zip(("merchant_id", "order_id", "parcel_id"), parcel, strict=True))
    about = envelope | names | {"partner": partner, "amount": line.amount}
    if line.declared is not None:
        return ReportDuty.model_validate(
            about
            | {"assessment_ref": ref, "declared_value": line.declared, "borne_by": line.borne_by}
            | {"invoice_ref": invoice.invoice_ref}
        )
    return RecordLogisticsCharge.model_validate(
        about | {"charge_ref": ref, "invoice_ref": invoice.invoice_ref, "kind": line.kind}
    )


def _numbered(app: App, tracking_no: str) -> Parcel | None:
    """Returns the only parcel with this tracking number; None if there is none or several merchants have one."""
    found = {(each.merchant, each.order_id, each.parcel_id) for each in parcels_numbered(app.views, tracking_no)}
    return found.pop() if len(found) == 1 else None
