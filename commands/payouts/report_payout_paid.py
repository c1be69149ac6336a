"""The bank has paid a payout."""

from __future__ import annotations

from collections.abc import Iterator

from commands.payouts.payout_reports import PayoutReport, contradiction, matched, unmatched
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import PayoutPaid
from ledger.streams.payouts import Payout, Payouts


class ReportPayoutPaid(PayoutReport, name="report_payout_paid"):
    """Records that our bank paid a payout.

    An unknown payout, another amount, a failed or cancelled payout, or a second bank reference opens a break.
    """


def decide(report: ReportPayoutPaid, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    payout = matched(report, payouts)
    if payout is None:
        yield from unmatched(report, payouts)
    elif payout.is_in_flight:
        yield _paid(report, payout)
    elif payout.state in ("failed", "cancelled"):
        yield _paid(report, payout, given_back_before=True)
        yield from contradiction(report, payouts, kind="fact_contradicts_state", expected=payout.state)
    elif payout.state == "paid" and report.bank_ref and payout.bank_ref and report.bank_ref != payout.bank_ref:
        yield from contradiction(report, payouts, kind="double_payout", expected=f"paid {payout.bank_ref}")


def _paid(report: ReportPayoutPaid, payout: Payout, *, given_back_before: bool = False) -> PayoutPaid:
    return PayoutPaid(
        payout_id=payout.id,
        merchant_id=report.merchant_id,
        amount=payout.amount,
        account_ref=payout.account_ref,
        bank_ref=report.bank_ref,
        value_date=report.valued_on,
        given_back_before=given_back_before,
    )
