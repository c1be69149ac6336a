"""The money of a payout comes back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.payouts.payout_reports import PayoutReport, contradiction, matched, unmatched
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import PayoutPaid, PayoutReturned
from ledger.streams.payouts import Payout, Payouts


class ReportPayoutReturned(PayoutReport, name="report_payout_returned"):
    """Records that the merchant's bank sent a payout back, for example because the account is closed.

    An unknown payout, another amount, or a failed or cancelled payout opens a break.
    """

    code: str


def decide(report: ReportPayoutReturned, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    payout = matched(report, payouts)
    if payout is None:
        yield from unmatched(report, payouts)
    elif payout.is_in_flight:  # returned money had left our bank; the report of the payment may come later
        yield _paid(report, payout)
        yield _returned(report, payout)
    elif payout.state == "paid":
        yield _returned(report, payout)
    elif payout.state in ("failed", "cancelled"):
        yield from contradiction(report, payouts, kind="fact_contradicts_state", expected=payout.state)


def _paid(report: ReportPayoutReturned, payout: Payout) -> PayoutPaid:
    return PayoutPaid(
        payout_id=payout.id,
        merchant_id=report.merchant_id,
        amount=payout.amount,
        account_ref=payout.account_ref,
        value_date=report.valued_on,
    )


def _returned(report: ReportPayoutReturned, payout: Payout) -> PayoutReturned:
    return PayoutReturned(
        payout_id=payout.id,
        merchant_id=report.merchant_id,
        amount=payout.amount,
        account_ref=payout.account_ref,
        bank_ref=report.bank_ref,
        code=report.code,
        value_date=report.valued_on,
    )
