"""An issuer decides a dispute for us; the provider owes us the withdrawn money again (P13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.contradictions import without_rate
from commands.disputes.dispute_reports import DisputeReport, known_dispute, market_of, names, was_reversed_later
from commands.rates import flagged_if_stale, last_rate, rate_of_fact
from commands.refunds.liability_extinguished import with_extinguished_liability
from commands.returns.cancelled_returns import called_off
from commands.rules import Rules
from commands.settlement.releases import kept_fees
from ledger.events.disputes import DisputeLost, DisputeWon
from ledger.events.event import Event
from ledger.fx import NO_CNY, Rate
from ledger.money import Money
from ledger.streams.amounts.undone_shares import not_the_buyers, undone_loss
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order


class ReportDisputeWon(DisputeReport, name="report_dispute_won"):
    """Records that the issuer decided for us, closed an inquiry, or reversed an earlier loss (P13).

    The provider owes us the withdrawn money again. An earlier loss is undone; a later one stands.
    """


def decide(report: ReportDisputeWon, order: Order, rules: Rules) -> Iterator[Event]:
    known = known_dispute(report, order)
    held = known.held if known else NO_CNY
    if known and known.state == "won" and not held:
        return
    if known and known.lost and was_reversed_later(report, known):
        return
    undone = _undone(known, order, rules) if known else None
    amount = held + undone.amount if undone else held
    carried = (known.held_base if known else NO_CNY) + (undone.carried if undone else NO_CNY)
    rate = rate_of_fact(report, rules, amount.currency) if amount else None
    if amount and rate is None:
        yield from without_rate(report, order, amount, dispute_id=report.dispute_id)
        return
    won = _won(report, order, amount=amount, carried=carried, rate=rate, undone=undone, at=report.happened_at)
    events = list(with_extinguished_liability(order, [won]))
    yield from events
    if undone:
        yield from _off_after_all(report, order.after(*events), undone, rules)
    if rate:
        yield from flagged_if_stale(report, order, rate, rules)


def won_back(report: DisputeReport, order: Order, rules: Rules) -> Iterator[Event]:
    """Yields the return of money that was withdrawn before the dispute was won, and is reported after that."""
    dispute = order.disputes.by_id[report.dispute_id]
    assert dispute.closed_at is not None, "only a dispute that was won gives money back"
    rate = last_rate(rules, dispute.held.currency, dispute.closed_at)
    won = _won(report, order, amount=dispute.held, carried=dispute.held_base, rate=rate, at=dispute.closed_at)
    yield from with_extinguished_liability(order, [won])
    if rate:
        yield from flagged_if_stale(report, order, rate, rules, at=dispute.closed_at)


def _won(
    report: DisputeReport,
    order: Order,
    *,
    amount: Money,
    carried: Money,
    rate: Rate | None,
    at: datetime,
    undone: DisputeLost | None = None,
) -> DisputeWon:
    known, base = known_dispute(report, order), rate.convert(amount) if rate else NO_CNY
    return DisputeWon(
        **names(report, order),
        market=market_of(order),
        stage=known.stage if known else "inquiry",
        amount=amount,
        book_rate=rate,
        base=base,
        carried=carried,
        fx=carried - base,
        undone=undone,
        won_at=at,
    )


def _undone(dispute: Dispute, order: Order, rules: Rules) -> DisputeLost | None:
    """Returns the loss to undo, with the fee that the merchant owes again."""
    if dispute.lost is None:
        return None
    lost = dispute.lost
    if lost.lines:
        lost = undone_loss(order, lost, dispute.effects, kept_fees(order, rules))
    capture = order.payments.captures.get(dispute.capture_ref)
    return not_the_buyers(lost) if capture and capture.failed else lost


def _off_after_all(report: ReportDisputeWon, later: Order, undone: DisputeLost, rules: Rules) -> Iterator[Event]:
    """Cancels refunds whose returned goods never came in time.

    The buyer had kept the dispute's money and now has it no more; the expired refund is not owed again.
    """
    for refund in undone.owed:
        case = later.cases[refund.refund_id]
        if case.state == "expired" and case.approval and case.by_alternative != case.approval.money.amount:
            events = list(called_off(later, case, rules, at=report.happened_at))
            yield from events
            later = later.after(*events)
