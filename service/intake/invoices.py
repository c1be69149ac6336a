"""Imports invoices of carriers and customs agents: each row becomes a charge or duty of its parcel."""

from __future__ import annotations

from projections.tracking.tracking_numbers import TrackingNumbers, parcels_numbered
from service.adapters.invoices.neutral_csv import read_invoice
from service.app import App
from service.formats.days import last_day
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.unmatched_rows import waiting
from service.intake.unread_rows import unread_rows
from service.partner_facts.files import RawFile
from service.partner_facts.invoices import ParcelCostInvoiced
from service.partner_reports.file_references import FileReferences
from service.partner_reports.table import rows_of

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
    costs = [ParcelCostInvoiced(partner, file, invoice.invoice_ref, line) for line in invoice.lines]
    numbers = sorted({line.tracking_no for line in invoice.lines if line.parcel is None})
    known = FileReferences(
        now=app.clock(),
        parcels={number: parcels_numbered(app.views, number) for number in numbers},
        waiting=waiting(app, file, KIND, partner, (cost.ref for cost in costs), match=match),
    )
    rows = [row for cost in costs for row in rows_of(cost, known)]
    rows += unread_rows(file, invoice.unread, system=partner)
    header = {"invoice_ref": invoice.invoice_ref, "amount": str(invoice.amount)}
    return import_rows(app, file, kind=KIND, partner=partner, header=header, rows=rows, progress=progress)
