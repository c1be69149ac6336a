"""Shared parts of the bank's reports on payouts: the payout of each, and contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from commands.command import Report
from commands.contradictions import break_once
from ledger.accounting_days import accounting_day
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import Id, PayoutId, payouts_stream
from ledger.instants import Day
from ledger.money import Money
from ledger.references import ReferenceOrNothing
from ledger.streams.payouts import Payout, Payouts


class PayoutReport(Report):
    """The bank reports on a payout. `amount` is compared with the payout if it is given."""

    merchant_id: Id
    payout_id: PayoutId
    amount: Money | None = None
    bank_ref: ReferenceOrNothing = ""
    value_date: Day | None = None

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)

    @property
    def valued_on(self) -> date:
        """The bank's value date, or the accounting day of the report if there is none."""
        return self.value_date or accounting_day(self.happened_at)


def matched(report: PayoutReport, payouts: Payouts) -> Payout | None:
    """Returns the payout of a report, or None if it is unknown or has another amount."""
    payout = payouts.payouts.get(report.payout_id)
    return payout if payout and report.amount in (None, payout.amount) else None


def unmatched(report: PayoutReport, payouts: Payouts) -> Iterator[ReconciliationBreakOpened]:
    """Opens a break for a report without a payout, or with another amount. Nothing is posted."""
    payout = payouts.payouts.get(report.payout_id)
    if payout is None:
        yield from contradiction(report, payouts, kind="payout_unknown", expected="no such payout")
    else:
        yield from contradiction(report, payouts, kind="amount_mismatch", expected=str(payout.amount))


def contradiction(
    report: PayoutReport, payouts: Payouts, *, kind: str, expected: str
) -> Iterator[ReconciliationBreakOpened]:
    """Opens a break between the known payout and the bank's report."""
    said = f"{report.name} {report.amount or ''} {report.bank_ref}"
    yield from break_once(
        payouts.breaks,
        kind=kind,
        expected=expected,
        actual=" ".join(said.split()),
        refs={"payout_id": report.payout_id, "bank_ref": report.bank_ref, "report": report.name},
        at=report.decided_at,
    )
