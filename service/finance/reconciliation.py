"""Reconciliation: open breaks, and items of ours that providers and banks have not reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, get_args

from commands.contradictions import break_id_of
from commands.reconciliation.flag_missing_line import FlagMissingLine, MissingKind
from ledger.accounting_days import accounting_day
from ledger.actors import Actor
from ledger.ids import command_id, merchant_of
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import FROM_THE_FIRST, Vector
from projections.reconciliation.expected_at_bank import not_shown_yet
from projections.reconciliation.partner_invoices import invoice_mismatches
from projections.reconciliation.taxes import tax_mismatches
from projections.reconciliation.unsettled import unsettled
from projections.worklists.exceptions import ExceptionRow, exceptions
from service.app import App

GRACE_DAYS = 7  # that providers and banks may take to show what we know
PAYMENT_TERM_DAYS = 30  # that partners give us to pay an invoice, as is usual
TAX_TERM_DAYS = 120  # from the end of the month: tax offices want tax at the latest after a quarter and a month
_MANY = 1_000_000


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


@dataclass(frozen=True, slots=True)
class MissingLine:
    """An item of ours that no report or statement has shown, or with another amount."""

    kind: MissingKind
    stream: str
    merchant: str
    currency: str
    since: date
    refs: dict[str, str]
    expected: str
    actual: str = "nothing"

    @property
    def break_id(self) -> str:
        return break_id_of(self.kind, self.refs)

    @property
    def reference(self) -> str:
        return " ".join(self.refs[name] for name in ("psp", "partner", "reference") if name in self.refs)

    def flag(self, actor: Actor) -> FlagMissingLine:
        """Returns the command that flags the item as a break. Every caller makes the same command."""
        return FlagMissingLine(
            id=command_id("missing", self.stream, self.break_id),
            actor=actor,
            in_stream=self.stream,
            kind=self.kind,
            expected=self.expected,
            actual=self.actual,
            refs=self.refs,
            since=self.since,
        )


def mismatches(app: App, timepoint: AsOf = NOW, *, grace_days: int = GRACE_DAYS) -> list[Mismatch]:
    """Returns the differences, now, on a day or as known at an instant; the oldest first.

    A capture, a refund or money at the bank counts as missing after `grace_days` without a report, flagged or not;
    not any more when a person has closed its break. Raises `ViewBehind`, and `ValueError` for an instant in the
    future.
    """
    today = timepoint.as_of or accounting_day(timepoint.as_known_at or app.clock())
    found = [_of_break(row, today) for row in exceptions(app.views, limit=_MANY, timepoint=timepoint)]
    flagged = flagged_lines(app, timepoint)
    missing = missing_lines(app, timepoint, before=today - timedelta(days=grace_days))
    found += [_of_line(line, today) for line in missing if (line.stream, line.break_id) not in flagged]
    return sorted(found, key=lambda each: (each.since, each.kind, each.reference))


def flagged_lines(app: App, timepoint: AsOf = NOW) -> set[tuple[str, str]]:
    """Returns stream and break id of every line that was flagged as missing, also of closed breaks."""
    return {
        (row.stream, row.break_id)
        for kind in get_args(MissingKind)
        for row in exceptions(app.views, status=None, kind=kind, limit=_MANY, timepoint=timepoint)
    }


def missing_lines(
    app: App, timepoint: AsOf = NOW, *, before: date, since: Since = _OF_ALL_TIME
) -> Iterator[MissingLine]:
    """Returns the items before this day that providers have not settled and banks have not shown. For the present,
    also invoices that are underpaid, overpaid, paid but never charged, or overdue, and tax that was not assessed or
    remitted as it was collected. Only items are read that changed after the positions `since`. Raises `ViewBehind`."""
    for each in unsettled(app.views, timepoint, before=before, since=since.provider):
        refs = {"psp": each.psp, "reference": each.reference, "line_kind": each.kind}
        yield _missing("psp_line_missing", each.stream, each.merchant, each.amount, each.since, refs)
    for entry in not_shown_yet(app.views, timepoint, before=before, since=since.bank):
        refs = {"reference": entry.reference, "line_kind": entry.kind}
        refs |= {"nth": str(entry.nth)} if entry.nth > 1 else {}
        yield _missing("bank_line_missing", entry.stream, entry.merchant, entry.amount, entry.expected_on, refs)
    if timepoint == NOW:
        yield from _mispaid_invoices(app, since.invoices, unreported_since=before)
        yield from _unequal_taxes(app, since.taxes, remitted_before=before)


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


def _unequal_taxes(app: App, since: Vector, *, remitted_before: date) -> Iterator[MissingLine]:
    today = accounting_day(app.clock())
    for each in tax_mismatches(
        app.views,
        assessed_before=today - timedelta(days=PAYMENT_TERM_DAYS),
        collected_before=today - timedelta(days=TAX_TERM_DAYS),
        remitted_before=remitted_before,
        since=since,
    ):
        refs = {"reference": each.reference, "line_kind": each.kind}
        expected, actual = str(each.expected), str(each.actual)
        merchant, currency = merchant_of(each.stream) or "", each.expected.currency
        yield MissingLine("tax_mismatch", each.stream, merchant, currency, each.since, refs, expected, actual)


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
