"""Charges of partners by invoice, compared with the payments of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pydantic_core import from_json
from sqlalchemy import Column, Date, text

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.parcels import DutyAssessed, LogisticsChargeRecorded
from ledger.events.platform import UnmatchedFactReported
from ledger.events.platform_money import PartnerInvoicePaid
from ledger.ids import PLATFORM_BOOK
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.engine.batch import Batch, Row
from projections.engine.columns import minor_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable, kept_table
from projections.engine.views import FROM_THE_FIRST, Opened, Vector, Views

CHARGES = kept_table(
    "partner_charges",
    text_column("partner", key=True),
    text_column("invoice_ref", key=True),  # '' if the partner names no invoice
    text_column("subject", key=True),  # the partner's id of the charge
    text_column("stream"),
    text_column("currency"),
    minor_column("minor"),
    Column("charged_on", Date, nullable=False),
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


InvoiceKey = tuple[str, str]  # partner, invoice


class PartnerInvoices(Projection):
    """Keeps charges in the book of their order. Charges of unknown parcels are in book 0, as payments are."""

    name = "partner_invoices"
    version = 2
    tables = (CHARGES, PAYMENTS)
    events = (LogisticsChargeRecorded, DutyAssessed, UnmatchedFactReported, PartnerInvoicePaid)

    def fold(self, batch: Batch) -> None:
        reported = [
            (table, row, recorded) for recorded in batch.events for table, row in _reported(recorded, recorded.event)
        ]
        for table in self.tables:
            rows = batch.rows(table)
            rows.load(tuple(row[name] for name in table.key) for to, row, _ in reported if to is table)
        for table, row, recorded in reported:
            batch.rows(table).put(row, at=recorded.position)


@dataclass(frozen=True, slots=True)
class InvoiceMismatch:
    """Invoices whose paid and charged sums differ, or that are unpaid, or paid without a reported charge.

    `stream` is that of the first payment, else of a charge. `since` is the day of the first payment, else of the last
    charge.
    """

    partner: str
    invoice_refs: tuple[str, ...]
    stream: str
    charged: tuple[Money, ...]
    paid: tuple[Money, ...]
    since: date


@dataclass(slots=True)
class _Group:
    """Invoices of a partner that share payments, directly or through other invoices."""

    partner: str
    refs: set[str]
    stream: str
    paid_on: date
    paid: dict[str, int]

    @property
    def keys(self) -> set[InvoiceKey]:
        return {(self.partner, ref) for ref in self.refs}


@dataclass(slots=True)
class _Invoice:
    """The charges of one invoice by currency, in minor units. `charged_on` is the day of the last charge."""

    partner: str
    ref: str
    stream: str
    charged_on: date
    charged: dict[str, int]


def invoice_mismatches(
    views: Views,
    *,
    unpaid_since: date,
    unreported_since: date,
    since: Vector = FROM_THE_FIRST,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[InvoiceMismatch]:
    """Returns the invoices whose paid sum differs from the charged sum.

    An unpaid invoice is returned if its last charge is before `unpaid_since`. A payment without reported charges is
    returned if it is before `unreported_since` and more than the partner's charges without an invoice. Only invoices
    are read of which a charge or a payment changed after the positions `since`, with those that share a payment with
    one of them. Raises `ViewBehind`.
    """

    def query(opened: Opened) -> list[InvoiceMismatch]:
        changed = _changed(opened, since) if any(since.values()) else None
        groups = _groups(_payments(opened, changed))
        if changed is not None:
            groups = [group for group in groups if not group.keys.isdisjoint(changed)]
        paid = {key for group in groups for key in group.keys}
        read = None if changed is None else changed | paid
        invoices = {(each.partner, each.ref): each for each in _invoices(opened, read, paid, unpaid_since)}
        unreported = {group.partner for group in groups if not group.keys <= invoices.keys()}
        loose = _without_an_invoice(opened, unreported) if unreported else {}
        compared = (_compared(group, invoices, loose, unreported_since) for group in groups)
        unpaid = (_unpaid(each) for key, each in invoices.items() if key not in paid)
        return [*(each for each in compared if each), *unpaid]

    return views.read(PartnerInvoices(), query, at_least=at_least, timeout_s=timeout_s)


def _reported(recorded: Recorded, event: Event) -> Iterator[tuple[ViewTable, Row]]:
    match event:
        case LogisticsChargeRecorded(invoice_ref=ref):
            yield CHARGES, _charge(recorded, event.partner, ref, event.charge_ref, event.amount)
        case DutyAssessed(invoice_ref=ref):
            yield CHARGES, _charge(recorded, event.partner, ref, event.assessment_ref, event.amount)
        case UnmatchedFactReported(refs={"invoice_ref": ref}, body={"minor": int(minor), "currency": str(currency)}):
            amount = Money(minor, currency)  # a matched charge is recorded again under the same ids
            yield CHARGES, _charge(recorded, event.system, ref, event.reference, amount)
        case PartnerInvoicePaid() if event.invoice_refs:
            row = {"partner": event.partner, "payment_ref": event.payment_ref, "stream": recorded.stream}
            refs = {"invoice_refs": canonical(sorted(set(event.invoice_refs)))}
            yield PAYMENTS, row | refs | {"paid_on": event.value_date} | _money(event.amount)


def _charge(recorded: Recorded, partner: str, invoice_ref: str, subject: str, amount: Money) -> Row:
    named = {"partner": partner, "invoice_ref": invoice_ref, "subject": subject, "stream": recorded.stream}
    return named | {"charged_on": recorded.accounting_date} | _money(amount)


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


def _changed(opened: Opened, since: Vector) -> set[InvoiceKey]:
    """Returns the invoices of which a charge or a payment changed after the positions."""
    stored = opened.generation.stored_name
    statement = f"""
        WITH v AS (SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:since AS bigint[])) AS v(book, since))
        SELECT partner, ref FROM (
            SELECT partner, invoice_ref AS ref FROM v JOIN {stored(CHARGES)} c
              ON c.book = v.book AND c.changed_at_position > v.since
            UNION
            SELECT partner, jsonb_array_elements_text(CAST(invoice_refs AS jsonb)) FROM v JOIN {stored(PAYMENTS)} p
              ON p.book = v.book AND p.changed_at_position > v.since
        ) AS changed WHERE ref <> ''"""
    values = {"books": list(opened.vector), "since": [since.get(book, 0) for book in opened.vector]}
    return {(row[0], row[1]) for row in opened.connection.execute(text(statement), values)}


def _payments(
    opened: Opened, changed: Collection[InvoiceKey] | None
) -> Iterator[tuple[str, list[str], str, str, int, date]]:
    """Yields the payments, oldest first; those of the partners of the changed invoices."""
    of_partners = "" if changed is None else "AND partner = ANY(:partners)"
    statement = f"""
        SELECT partner, invoice_refs, stream, currency, minor, paid_on
        FROM {opened.generation.stored_name(PAYMENTS)} WHERE book = :platform AND NOT deleted {of_partners}
        ORDER BY paid_on, payment_ref, partner"""
    values = {"platform": PLATFORM_BOOK, "partners": sorted({partner for partner, _ in changed or ()})}
    for row in opened.connection.execute(text(statement), values):
        yield row[0], from_json(row[1]), *row[2:]


# A charge in several books counts once.
_CHARGED = """
SELECT partner, invoice_ref, min(stream), max(charged_on), currency, sum(minor) FROM (
    SELECT partner, invoice_ref, subject, currency, minor, min(stream) AS stream, min(charged_on) AS charged_on
    FROM {charges} WHERE book = ANY(:books) AND NOT deleted AND {which}
    GROUP BY partner, invoice_ref, subject, currency, minor
) AS charges GROUP BY partner, invoice_ref, currency
ORDER BY max(charged_on), partner, invoice_ref, currency"""
_OF_INVOICES = "(partner, invoice_ref) IN (SELECT * FROM unnest(CAST(:partners AS text[]), CAST(:refs AS text[])))"


def _charged(opened: Opened, which: str, **values: object) -> Iterator[tuple[str, str, str, date, str, int]]:
    statement = _CHARGED.format(charges=opened.generation.stored_name(CHARGES), which=which)
    for *names, minor in opened.connection.execute(text(statement), values | {"books": list(opened.vector)}):
        yield *names, int(minor)


def _invoices(
    opened: Opened, read: Collection[InvoiceKey] | None, paid: Collection[InvoiceKey], unpaid_since: date
) -> list[_Invoice]:
    """Returns the paid invoices and those last charged before a day, of those in `read` or of all."""
    values = {} if read is None else {"partners": [key[0] for key in read], "refs": [key[1] for key in read]}
    found: dict[InvoiceKey, _Invoice] = {}
    rows = _charged(opened, "invoice_ref <> ''" if read is None else _OF_INVOICES, **values)
    for partner, ref, stream, charged_on, currency, minor in rows:
        if (partner, ref) in paid or charged_on < unpaid_since:
            known = found.setdefault((partner, ref), _Invoice(partner, ref, stream, charged_on, {}))
            known.charged[currency] = minor
    return list(found.values())


def _without_an_invoice(opened: Opened, partners: Collection[str]) -> dict[str, dict[str, int]]:
    """Returns the sums of the partners' charges that name no invoice, by partner and currency."""
    found: dict[str, dict[str, int]] = {}
    rows = _charged(opened, "invoice_ref = '' AND partner = ANY(:partners)", partners=sorted(partners))
    for partner, _, _, _, currency, minor in rows:
        found.setdefault(partner, {})[currency] = minor
    return found


def _compared(
    group: _Group, invoices: dict[InvoiceKey, _Invoice], loose: dict[str, dict[str, int]], unreported_since: date
) -> InvoiceMismatch | None:
    """Returns the difference of paid and charged sums, or None if there is none yet.

    Charges of an unreported invoice may still come, or were reported without an invoice.
    """
    known = [invoices[group.partner, ref] for ref in sorted(group.refs) if (group.partner, ref) in invoices]
    due = {name: sum(each.charged.get(name, 0) for each in known) for each in known for name in each.charged}
    if due == group.paid:
        return None
    if len(known) < len(group.refs):
        other = loose.get(group.partner, {})
        most = {name: due.get(name, 0) + other.get(name, 0) for name in group.paid}
        if group.paid_on >= unreported_since or all(group.paid[name] <= most[name] for name in most):
            return None
    refs = tuple(sorted(group.refs))
    return InvoiceMismatch(group.partner, refs, group.stream, _amounts(due), _amounts(group.paid), group.paid_on)


def _unpaid(each: _Invoice) -> InvoiceMismatch:
    return InvoiceMismatch(each.partner, (each.ref,), each.stream, _amounts(each.charged), (), each.charged_on)


def _amounts(minor: dict[str, int]) -> tuple[Money, ...]:
    return tuple(Money(each, currency) for currency, each in sorted(minor.items()))
