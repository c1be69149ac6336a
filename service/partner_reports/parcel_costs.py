"""Reports of invoiced costs: to the parcel that the row names, or to the only one with its tracking number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from commands.command import Command
from commands.logistics.record_logistics_charge import RecordLogisticsCharge
from commands.logistics.report_duty import ReportDuty
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.actors import Actor, Source
from ledger.ids import order_stream
from service.partner_facts.files import row_id
from service.partner_facts.invoices import Parcel, ParcelCostInvoiced
from service.partner_reports.file_references import FileReferences
from service.partner_reports.rows import Row, out_of_the_unmatched_items


def parcel_cost(fact: ParcelCostInvoiced, known: FileReferences) -> Iterator[Row]:
    """Yields the charge or duty of the parcel, else an unmatched item."""
    kept = known.waiting.keeps(fact.ref)
    parcel = None if kept else fact.line.parcel or _numbered(fact.line.tracking_no, known)
    command = _command(fact, parcel, known.now)
    if parcel and known.waiting.leaves(fact.ref):
        gone = out_of_the_unmatched_items(fact.file, fact.partner, fact.ref, [order_stream(*parcel[:2])])
        yield Row(fact.line.line, (command, gone), leaves_unmatched=True)
    else:
        yield Row(fact.line.line, (command,))


def _command(fact: ParcelCostInvoiced, parcel: Parcel | None, now: datetime) -> Command:
    line = fact.line
    envelope = {
        "id": row_id(fact.file, fact.invoice_ref, line.line_ref),
        "actor": Actor(kind="partner", id=fact.partner, role="logistics"),
        "source": Source(system=fact.partner, external_id=f"{fact.file.name}:{line.line}"),
        "occurred_at": min(datetime.combine(line.charged_on, time(12), ACCOUNTING_ZONE), now),
    }
    if parcel is None:
        refs = {"invoice_ref": fact.invoice_ref, "tracking_no": line.tracking_no}
        body = {"kind": line.kind, "currency": line.amount.currency, "minor": line.amount.minor}
        return ReportUnmatchedFact(
            **envelope, system=fact.partner, reference=fact.ref, kind="partner_charge", refs=refs, body=body
        )
    names = dict(zip(("merchant_id", "order_id", "parcel_id"), parcel, strict=True))
    about = envelope | names | {"partner": fact.partner, "amount": line.amount, "invoice_ref": fact.invoice_ref}
    if line.declared is not None:
        duty = {"assessment_ref": fact.ref, "declared_value": line.declared, "borne_by": line.borne_by}
        return ReportDuty.model_validate(about | duty)
    return RecordLogisticsCharge.model_validate(about | {"charge_ref": fact.ref, "kind": line.kind})


def _numbered(tracking_no: str, known: FileReferences) -> Parcel | None:
    """Returns the only parcel with this tracking number; None if there is none or several merchants have one."""
    found = {(each.merchant, each.order_id, each.parcel_id) for each in known.parcels.get(tracking_no, ())}
    return found.pop() if len(found) == 1 else None
