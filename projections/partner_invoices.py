"""What partners charge under each invoice, beside what was paid for it: one paid too little or too much shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic_core import from_json
from sqlalchemy import Column, Date, text

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.platform import InboxFactNoted
from ledger.events.platform_money import PartnerInvoicePaid
from ledger.events.shipment import DutyAssessed, LogisticsChargeRecorded
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.columns import minor_column, text_column
from projections.engine.batch import Batch, Row
from projections.engine.reading import Opened, Vector, Views
from projections.engine.tables import ViewTable, kept_table
from projections.projection import Projection

CHARGES = kept_table(
    "partner_charges",
    text_column("partner", key=True),
    text_column("invoice_ref", key=True),
    text_column("subject", key=True),  # the charge, under the partner's name of it
    text_column("currency"),
    minor_column("minor"),
)
PAYMENTS = kept_table(
    "partner_payments",  # in book 0
    text_column("partner", key=True),
    text_column("payment_ref", key=True),
    text_column("invoice_refs"),  # JSON
    text_column("stream"),
    text_column("currency"),
    minor_column("minor"),
    Column("paid_on", Date, nullable=False),
)


class PartnerInvoices(Projection):
    """Charges stand in the book of their order, those of parcels that nobody knows in book 0, as payments do."""

    name = "partner_invoices"
    version = 1
    tables = (CHARGES, PAYMENTS)
    events = (LogisticsChargeRecorded, DutyAssessed, InboxFactNoted, PartnerInvoicePaid)

    def fold(self, batch: Batch) -> None:
        told = [(table, row, recorded) for recorded in batch.events for table, row in _told(recorded, recorded.event)]
        for table in self.tables:
            rows = batch.rows(table)
            rows.load(tuple(row[name] for name in table.key) for to, row, _ in told if to is table)
        for table, row, recorded in told:
            batch.rows(table).put(row, at=recorded.position)


@dataclass(frozen=True, slots=True)
class InvoiceMismatch:
    """Invoices that were paid together, and charged in another sum. `stream` is that of their first payment."""

    partner: str
    invoice_refs: tuple[str, ...]
    stream: str
    charged: tuple[Money, ...]
    paid: tuple[Money, ...]
    paid_on: date


@dataclass(slots=True)
class _Group:
    """Invoices of a partner that payments connect."""

    partner: str
    refs: set[str]
    stream: str
    paid_on: date
    paid: dict[str, int]


def invoice_mismatches(
    views: Views, *, at_least: Vector | None = None, timeout_s: float = 5.0
) -> list[InvoiceMismatch]:
    """What was paid of invoices in another sum than was charged. One whose charges nobody has reported is compared to
    nothing. Raises `ViewBehind`."""

    def query(opened: Opened) -> list[InvoiceMismatch]:
        found = opened.connection.execute(
            text(f"""SELECT partner, invoice_refs, stream, currency, minor, paid_on
                     FROM {opened.generation.stored_name(PAYMENTS)} WHERE book = 0 AND NOT deleted
                     ORDER BY paid_on, payment_ref, partner""")
        )
        groups = _groups((row[0], from_json(row[1]), *row[2:]) for row in found)
        charged = _charged(opened, groups)
        return [each for group in groups if (each := _compared(group, charged))]

    return views.read(PartnerInvoices(), query, at_least=at_least, timeout_s=timeout_s)


def _told(recorded: Recorded, event: Event) -> Iterator[tuple[ViewTable, Row]]:
    match event:
        case LogisticsChargeRecorded(invoice_ref=ref) if ref:
            yield CHARGES, _charge(event.partner, ref, event.charge_ref, event.amount)
        case DutyAssessed(invoice_ref=ref) if ref:
            yield CHARGES, _charge(event.partner, ref, event.assessment_ref, event.amount)
        case InboxFactNoted(refs={"invoice_ref": ref}, body={"minor": int(minor), "currency": str(currency)}):
            amount = Money(minor, currency)  # placed later, it is recorded again under the same names
            yield CHARGES, _charge(event.system, ref, event.reference, amount)
        case PartnerInvoicePaid() if event.invoice_refs:
            row = {"partner": event.partner, "payment_ref": event.payment_ref, "stream": recorded.stream}
            refs = {"invoice_refs": canonical(sorted(set(event.invoice_refs)))}
            yield PAYMENTS, row | refs | {"paid_on": event.value_date} | _money(event.amount)


def _charge(partner: str, invoice_ref: str, subject: str, amount: Money) -> Row:
    return {"partner": partner, "invoice_ref": invoice_ref, "subject": subject} | _money(amount)


def _money(amount: Money) -> Row:
    return {"currency": amount.currency, "minor": amount.minor}


def _groups(payments: Iterable[tuple[str, list[str], str, str, int, date]]) -> list[_Group]:
    groups: list[_Group] = []
    for partner, refs, stream, currency, minor, paid_on in payments:
        group = _Group(partner, set(refs), stream, paid_on, {currency: minor})
        for other in [each for each in groups if each.partner == partner and each.refs & group.refs]:
            groups.remove(other)
            paid = {name: other.paid.get(name, 0) + group.paid.get(name, 0) for name in other.paid | group.paid}
            group = _Group(partner, other.refs | group.refs, other.stream, other.paid_on, paid)
        groups.append(group)
    return groups


def _charged(opened: Opened, groups: Sequence[_Group]) -> dict[tuple[str, str], dict[str, int]]:
    """What is charged under each invoice that was paid, by currency."""
    statement = f"""
        SELECT partner, invoice_ref, currency, sum(minor) FROM (
            SELECT DISTINCT partner, invoice_ref, subject, currency, minor
            FROM {opened.generation.stored_name(CHARGES)}
            WHERE book = ANY(:books) AND NOT deleted AND invoice_ref = ANY(:refs)
        ) AS charges GROUP BY partner, invoice_ref, currency"""
    refs = sorted({ref for group in groups for ref in group.refs})
    found: dict[tuple[str, str], dict[str, int]] = {}
    for partner, ref, currency, minor in opened.connection.execute(
        text(statement), {"books": list(opened.vector), "refs": refs}
    ):
        found.setdefault((partner, ref), {})[currency] = int(minor)
    return found


def _compared(group: _Group, charged: dict[tuple[str, str], dict[str, int]]) -> InvoiceMismatch | None:
    invoices = [charged.get((group.partner, ref)) for ref in sorted(group.refs)]
    known = [each for each in invoices if each]
    due = {name: sum(each.get(name, 0) for each in known) for each in known for name in each}
    if len(known) < len(invoices) or due == group.paid:
        return None
    return InvoiceMismatch(
        partner=group.partner,
        invoice_refs=tuple(sorted(group.refs)),
        stream=group.stream,
        charged=_amounts(due),
        paid=_amounts(group.paid),
        paid_on=group.paid_on,
    )


def _amounts(minor: dict[str, int]) -> tuple[Money, ...]:
    return tuple(Money(each, currency) for currency, each in sorted(minor.items()))
