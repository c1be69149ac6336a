"""What the bank's reports about payouts have in common: how one is matched, and what contradicts."""

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
    """The bank says something about a payout. `amount`, where it says one, is compared."""

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
        """The bank's value date; the day it happened where the bank gives none."""
        return self.value_date or accounting_day(self.happened_at)


def matched(report: PayoutReport, payouts: Payouts) -> Payout | None:
    """The payout a report is about, if there is one and the amounts agree; else `unmatched` says what is wrong."""
    payout = payouts.payouts.get(report.payout_id)
    return payout if payout and report.amount in (None, payout.amount) else None


def unmatched(report: PayoutReport, payouts: Payouts) -> Iterator[ReconciliationBreakOpened]:
    """The break that a report without its payout, or over another amount, opens. Nothing is posted."""
    payout = payouts.payouts.get(report.payout_id)
    if payout is None:
        yield from contradiction(report, payouts, kind="payout_unknown", expected="no such payout")
    else:
        yield from contradiction(report, payouts, kind="amount_mismatch", expected=str(payout.amount))


def contradiction(
    report: PayoutReport, payouts: Payouts, *, kind: str, expected: str
) -> Iterator[ReconciliationBreakOpened]:
    """A break between what was believed of a payout and what the bank says now."""
    said = f"{report.name} {report.amount or ''} {report.bank_ref}"
    yield from break_once(
        payouts.breaks,
        kind=kind,
        expected=expected,
        actual=" ".join(said.split()),
        refs={"payout_id": report.payout_id, "bank_ref": report.bank_ref, "report": report.name},
        at=report.decided_at,
    )
