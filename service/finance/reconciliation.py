"""Reconciliation: open breaks, and items of ours that providers and banks have not reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from heapq import merge
from itertools import islice
from typing import NamedTuple

from commands.reconciliation.flag_missing_line import MissingKind
from ledger.accounting_days import accounting_day
from ledger.ids import merchant_of
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import FROM_THE_FIRST, Vector
from projections.keyset import WHOLE, Chunk, Key
from projections.reconciliation.expected_at_bank import not_shown_yet
from projections.reconciliation.partner_invoices import invoice_mismatches
from projections.reconciliation.taxes import TaxMismatch, duty_mismatches, remittance_mismatches
from projections.reconciliation.unsettled import unsettled
from projections.worklists.breaks_by_day import breaks_by_day, opened_among
from projections.worklists.exceptions import ExceptionRow
from service.app import App
from service.finance.missing_line import PLACE, MissingLine, Part, Read, whole

GRACE_DAYS = 7  # that providers and banks may take to show what we know
PAYMENT_TERM_DAYS = 30  # that partners give us to pay an invoice, as is usual
TAX_TERM_DAYS = 120  # from the end of the month: tax offices want tax at the latest after a quarter and a month


class Since(NamedTuple):
    """The positions by book after which rows are new, in each of the views that missing lines are read from."""

    provider: Vector = FROM_THE_FIRST
    bank: Vector = FROM_THE_FIRST
    invoices: Vector = FROM_THE_FIRST
    taxes: Vector = FROM_THE_FIRST


_OF_ALL_TIME = Since()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference: expected and actual amount, age in days, and the person it is assigned to.

    `break_id` and `stream` identify it for `redledger break`. A missing line that is not flagged yet has the id that
    its break will get.
    """

    kind: str
    merchant: str
    reference: str
    expected: str
    actual: str
    since: date
    age_days: int
    owner: str
    stream: str
    break_id: str


def mismatches(
    app: App,
    timepoint: AsOf = NOW,
    *,
    grace_days: int = GRACE_DAYS,
    limit: int | None = None,
    after: Key | None = None,
) -> list[Mismatch]:
    """Returns the differences after the key `after`, now, on a day or as known at an instant; the oldest first.

    A capture, a refund or money at the bank counts as missing after `grace_days` without a report, flagged or not;
    not any more when a person has closed its break. Raises `ViewBehind`, and `ValueError` for an instant in the
    future.
    """
    today = timepoint.as_of or accounting_day(timepoint.as_known_at or app.clock())
    part = Part(limit, after)
    lists = [_breaks(app, timepoint, part, today)]
    for kind, read in _readers(app, timepoint, before=today - timedelta(days=grace_days)):
        lists.append(_not_flagged(app, timepoint, part.chunks(kind, read), today))
    return list(islice(merge(*lists, key=PLACE), limit))


def _breaks(app: App, timepoint: AsOf, part: Part, today: date) -> Iterator[Mismatch]:
    after = part.after
    while rows := breaks_by_day(app.views, timepoint, limit=part.limit, after=after):
        found = [_of_break(row, today) for row in rows]
        yield from found
        if part.limit is None:
            return
        after = PLACE(found[-1])


def _not_flagged(app: App, timepoint: AsOf, chunks: Iterator[list[MissingLine]], today: date) -> Iterator[Mismatch]:
    """Yields the lines without those that were flagged, whose breaks are open or closed."""
    for lines in chunks:
        flagged = opened_among(app.views, [(line.stream, line.break_id) for line in lines], timepoint)
        yield from (_of_line(line, today) for line in lines if (line.stream, line.break_id) not in flagged)


def missing_lines(
    app: App, timepoint: AsOf = NOW, *, before: date, since: Since = _OF_ALL_TIME
) -> Iterator[MissingLine]:
    """Returns the items before this day that providers have not settled and banks have not shown. For the present,
    also invoices that are underpaid, overpaid, paid but never charged, or overdue, and tax that was not assessed or
    remitted as it was collected. Only items are read that changed after the positions `since`. Raises `ViewBehind`."""
    for _, read in _readers(app, timepoint, before=before, since=since):
        yield from read(WHOLE)


def _readers(
    app: App, timepoint: AsOf, *, before: date, since: Since = _OF_ALL_TIME
) -> Iterator[tuple[MissingKind, Read]]:
    """Yields a reader of chunks, ordered by day and stream, for each kind of missing lines."""
    yield "psp_line_missing", partial(_unsettled, app, timepoint, before=before, since=since.provider)
    yield "bank_line_missing", partial(_not_shown, app, timepoint, before=before, since=since.bank)
    if timepoint == NOW:
        yield "invoice_mismatch", whole(partial(_mispaid_invoices, app, since.invoices, unreported_since=before))
        yield "tax_mismatch", whole(partial(_unequal_taxes, app, remitted_before=before))
        yield "tax_mismatch", partial(_unequal_duties, app, since.taxes)


def _unsettled(app: App, timepoint: AsOf, chunk: Chunk, *, before: date, since: Vector) -> Iterator[MissingLine]:
    for each in unsettled(app.views, timepoint, before=before, since=since, chunk=chunk):
        refs = {"psp": each.psp, "reference": each.reference, "line_kind": each.kind}
        yield _missing("psp_line_missing", each.stream, each.merchant, each.amount, each.since, refs)


def _not_shown(app: App, timepoint: AsOf, chunk: Chunk, *, before: date, since: Vector) -> Iterator[MissingLine]:
    for entry in not_shown_yet(app.views, timepoint, before=before, since=since, chunk=chunk):
        refs = {"reference": entry.reference, "line_kind": entry.kind}
        refs |= {"nth": str(entry.nth)} if entry.nth > 1 else {}
        yield _missing("bank_line_missing", entry.stream, entry.merchant, entry.amount, entry.expected_on, refs)


def _missing(
    kind: MissingKind, stream: str, merchant: str, amount: Money, since: date, refs: dict[str, str]
) -> MissingLine:
    return MissingLine(kind, stream, merchant, amount.currency, since, refs, str(amount))


def _mispaid_invoices(app: App, since: Vector, *, unreported_since: date) -> Iterator[MissingLine]:
    due = accounting_day(app.clock()) - timedelta(days=PAYMENT_TERM_DAYS)
    for each in invoice_mismatches(app.views, unpaid_since=due, unreported_since=unreported_since, since=since):
        refs = {"partner": each.partner, "reference": " ".join(each.invoice_refs), "line_kind": "invoice"}
        refs |= {} if each.paid and each.charged else {"missing": "charges" if each.paid else "payment"}
        charged, paid = (" and ".join(map(str, amounts)) or "nothing" for amounts in (each.charged, each.paid))
        currency = (*each.paid, *each.charged)[0].currency
        merchant = merchant_of(each.stream) or ""
        yield MissingLine("invoice_mismatch", each.stream, merchant, currency, each.since, refs, charged, paid)


def _unequal_taxes(app: App, *, remitted_before: date) -> Iterator[MissingLine]:
    collected_before = accounting_day(app.clock()) - timedelta(days=TAX_TERM_DAYS)
    found = remittance_mismatches(app.views, collected_before=collected_before, remitted_before=remitted_before)
    yield from map(_of_tax, found)


def _unequal_duties(app: App, since: Vector, chunk: Chunk) -> Iterator[MissingLine]:
    assessed_before = accounting_day(app.clock()) - timedelta(days=PAYMENT_TERM_DAYS)
    yield from map(_of_tax, duty_mismatches(app.views, assessed_before=assessed_before, since=since, chunk=chunk))


def _of_tax(each: TaxMismatch) -> MissingLine:
    refs = {"reference": each.reference, "line_kind": each.kind}
    merchant, currency = merchant_of(each.stream) or "", each.expected.currency
    return MissingLine(
        "tax_mismatch", each.stream, merchant, currency, each.since, refs, str(each.expected), str(each.actual)
    )


def _of_break(row: ExceptionRow, today: date) -> Mismatch:
    since = accounting_day(row.since)
    return Mismatch(
        kind=row.kind,
        merchant=row.merchant,
        reference=row.break_id,
        expected=row.expected,
        actual=row.actual,
        since=since,
        age_days=(today - since).days,
        owner=row.owner,
        stream=row.stream,
        break_id=row.break_id,
    )


def _of_line(line: MissingLine, today: date) -> Mismatch:
    return Mismatch(
        kind=line.kind,
        merchant=line.merchant,
        reference=line.reference,
        expected=line.expected,
        actual=line.actual,
        since=line.since,
        age_days=(today - line.since).days,
        owner="",
        stream=line.stream,
        break_id=line.break_id,
    )
