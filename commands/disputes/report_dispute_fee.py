"""A provider charges a fee for a dispute (P13); the platform bears it, never a merchant."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import without_rate
from commands.disputes.dispute_reports import DisputeReport, contradicts, known_dispute, names
from commands.fields import PositiveMoney
from commands.rates import flagged_if_stale, rate_of_fact
from commands.rules import Rules
from ledger.events.disputes import DisputeFeeCharged
from ledger.events.event import Event
from ledger.references import ReferenceOrNothing
from ledger.streams.orders.order import Order


class ReportDisputeFee(DisputeReport, name="report_dispute_fee"):
    """Records a fee that a provider charges for a dispute; the platform bears it (P13).

    `psp_ref` distinguishes several fees of one dispute. A fee reported again with another amount opens a break.
    """

    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney


def decide(report: ReportDisputeFee, order: Order, rules: Rules) -> Iterator[Event]:
    known = known_dispute(report, order)
    before = known.fees.get(report.psp_ref) if known else None
    if before is not None:
        if before != report.amount:
            yield from contradicts(
                report, order, kind="amount_mismatch", expected=str(before), actual=str(report.amount)
            )
        return
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from without_rate(report, order, report.amount, dispute_id=report.dispute_id)
        return
    yield DisputeFeeCharged(
        **names(report, order),
        psp_ref=report.psp_ref,
        amount=report.amount,
        book_rate=rate,
        base=rate.convert(report.amount),
        charged_at=report.happened_at,
    )
    yield from flagged_if_stale(report, order, rate, rules)
