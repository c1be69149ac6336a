"""A provider withdraws disputed money until the dispute is decided (P13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.contradictions import without_rate
from commands.disputes.dispute_reports import DisputeReport, contradicts, known_dispute, names, was_reversed_later
from commands.disputes.report_dispute_won import won_back
from commands.fields import PositiveMoney
from commands.rates import flagged_if_stale, rate_of_fact
from commands.rules import Rules
from ledger.events.disputes import DisputeFundsWithdrawn, DisputeStage
from ledger.events.event import Event
from ledger.fx import Rate
from ledger.money import Money
from ledger.references import ReferenceOrNothing
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order


class ReportDisputeFundsWithdrawn(DisputeReport, name="report_dispute_funds_withdrawn"):
    """Records that the provider withdrew disputed money, also before the dispute itself is reported (P13).

    If it happened before the dispute was won, the provider owes us the money again. Another amount, or a dispute that
    was closed before, opens a break.
    """

    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney


def decide(report: ReportDisputeFundsWithdrawn, order: Order, rules: Rules) -> Iterator[Event]:
    known = known_dispute(report, order)
    if known and (known.held or known.lost):
        held = known.held or (known.lost.amount if known.lost else known.held)
        if held != report.amount:
            yield from contradicts(report, order, kind="amount_mismatch", expected=str(held), actual=str(report.amount))
        return
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from without_rate(report, order, report.amount, dispute_id=report.dispute_id)
        return
    event = withdrawn(report, order, amount=report.amount, rate=rate, psp_ref=report.psp_ref)
    yield event
    yield from flagged_if_stale(report, order, rate, rules)
    if known and known.state == "won" and was_reversed_later(report, known):
        yield from won_back(report, order.after(event), rules)
    elif known and not known.is_open:
        said = f"{report.amount} withdrawn"
        yield from contradicts(report, order, kind="fact_contradicts_state", expected=known.state, actual=said)


def withdrawn(
    report: DisputeReport, order: Order, *, amount: Money, rate: Rate, psp_ref: str = "", at: datetime | None = None
) -> DisputeFundsWithdrawn:
    """Returns the withdrawal, valued at the day's book rate and posted to 1120. `at` is by default the report's."""
    return DisputeFundsWithdrawn(
        **names(report, order),
        stage=_stage(known_dispute(report, order)),
        psp_ref=psp_ref,
        amount=amount,
        book_rate=rate,
        base=rate.convert(amount),
        withdrawn_at=at or report.happened_at,
    )


def _stage(known: Dispute | None) -> DisputeStage:
    return known.stage if known else "chargeback"
