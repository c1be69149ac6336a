"""Imports invoices of carriers and customs agents: each row becomes a charge or duty of its parcel."""

from __future__ import annotations

from datetime import datetime, time

from commands.command import Command
from commands.logistics.record_logistics_charge import RecordLogisticsCharge
from commands.logistics.report_duty import ReportDuty
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.actors import Actor, Source
from ledger.ids import derived_id, order_stream
from projections.tracking.tracking_numbers import TrackingNumbers, parcels_numbered
from service.adapters.invoices.neutral_csv import Invoice, InvoiceLine, Parcel, read_invoice
from service.app import App
from service.formats.days import last_day
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.unmatched_rows import waiting
from service.intake.unread_rows import unread_rows
from service.partner_reports.rows import RawFile, Row, out_of_the_unmatched_items

KIND = "partner_invoice"


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
