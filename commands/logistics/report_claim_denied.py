"""A logistics partner denies a claim, or withdraws its acceptance (P16)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.logistics.logistics_reports import ClaimReport, parcel_of, unknown_claim
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.logistics import LogisticsClaimDenied
from ledger.fx import NO_CNY
from ledger.streams.orders.order import Order


class ReportClaimDenied(ClaimReport, name="report_claim_denied"):
    """Records that a partner denies a claim. An accepted, unpaid amount becomes our loss again (P16).

    A claim that is unknown, accepted or settled opens a break.
    """

    code: Reason = "denied"


def decide(report: ReportClaimDenied, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.logistics.claims.get(report.claim_id)
    if known and known.state == "denied":
        return
    yield LogisticsClaimDenied(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        parcel_id=parcel_of(report, order),
        claim_id=report.claim_id,
        partner=report.partner,
        code=report.code,
        reversed_amount=known.owed if known else NO_CNY,
        reversed=known.owed_base if known else NO_CNY,
        denied_at=report.happened_at,
    )
    if known is None or known.state != "filed":
        expected = known.state if known else "a claim that we filed"
        yield from unknown_claim(report, order, expected=expected, actual=f"denied: {report.code}")
