"""A logistics partner accepts a claim for a lost or damaged parcel (P16)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction, in_minor, without_rate
from commands.fields import PositiveMoney
from commands.logistics.logistics_reports import ClaimReport, parcel_of, unknown_claim
from commands.rates import flagged_if_stale, rate_of_fact
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.logistics import LogisticsClaimAccepted
from ledger.money import within
from ledger.streams.orders.logistics import Claim
from ledger.streams.orders.order import Order


class ReportClaimAccepted(ClaimReport, name="report_claim_accepted"):
    """Records that a partner accepts a claim, in full or in part; the partner then owes us `amount` (P16).

    An unknown or denied claim, more or less than was claimed, or another amount than was accepted before, opens a
    break.
    """

    amount: PositiveMoney


def decide(report: ReportClaimAccepted, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.logistics.claims.get(report.claim_id)
    if known and known.state in ("accepted", "settled"):
        yield from _accepted_again(report, order, known)
        return
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from without_rate(report, order, report.amount, claim_id=report.claim_id)
        return
    yield LogisticsClaimAccepted(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        parcel_id=parcel_of(report, order),
        claim_id=report.claim_id,
        partner=report.partner,
        amount=report.amount,
        book_rate=rate,
        base=rate.convert(report.amount),
        accepted_at=report.happened_at,
    )
    yield from flagged_if_stale(report, order, rate, rules)
    if known is None or known.state == "denied" or within(known.amount, report.amount.currency) < report.amount:
        expected = "a claim that we filed" if known is None else f"{known.state}, {known.amount} claimed"
        yield from unknown_claim(report, order, expected=expected, actual=f"{report.amount} accepted")
    elif report.amount < known.amount:
        yield from _mismatch(report, order, expected=f"{known.amount} claimed")


def _accepted_again(report: ReportClaimAccepted, order: Order, known: Claim) -> Iterator[Event]:
    if known.accepted and known.accepted != report.amount:
        yield from _mismatch(report, order, expected=f"{known.accepted} accepted")


def _mismatch(report: ReportClaimAccepted, order: Order, *, expected: str) -> Iterator[Event]:
    refs = {
        "claim_id": report.claim_id,
        "fact": report.name,
        "amount": in_minor(report.amount),
    }
    said = {"expected": expected, "actual": f"{report.amount} accepted"}
    yield from contradiction(report, order, kind="amount_mismatch", **said, **refs)
