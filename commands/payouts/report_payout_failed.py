"""The bank could not pay a payout."""

from __future__ import annotations

from collections.abc import Iterator

from commands.payouts.payout_reports import PayoutReport, matched, unmatched
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import PayoutFailed, PayoutReturned
from ledger.streams.payouts import Payouts


class ReportPayoutFailed(PayoutReport, name="report_payout_failed"):
    """Records that a payout failed; the money is available again. A payout that was paid counts as returned.

    Source: domain §4.3. An unknown payout or another amount opens a break.
    """

    code: str


def decide(report: ReportPayoutFailed, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    payout = matched(report, payouts)
    if payout is None:
        yield from unmatched(report, payouts)
    elif payout.is_in_flight:
        yield PayoutFailed(
            payout_id=payout.id,
            merchant_id=report.merchant_id,
            amount=payout.amount,
            account_ref=payout.account_ref,
            bank_ref=report.bank_ref,
            code=report.code,
            failed_at=report.happened_at,
        )
    elif payout.state == "paid":
        yield PayoutReturned(
            payout_id=payout.id,
            merchant_id=report.merchant_id,
            amount=payout.amount,
            account_ref=payout.account_ref,
            bank_ref=report.bank_ref,
            code=report.code,
            value_date=report.valued_on,
        )
