"""An issuer decides a dispute for the buyer; the liability policy decides who bears the loss (P14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.contradictions import contradiction, without_rate
from commands.disputes.dispute_reports import (
    DisputeReport,
    contradicts,
    known_dispute,
    market_of,
    names,
    was_reversed_later,
)
from commands.disputes.report_dispute_funds_withdrawn import withdrawn
from commands.explanations import A_DISPUTE, waiting_for
from commands.fields import PositiveMoney, Reason
from commands.rates import flagged_if_stale, last_rate, rate_of_fact
from commands.rules import Rules
from commands.settlement.releases import closed_at_once, kept_fees, released, units_by_line
from ledger.events.disputes import DisputedLine, DisputeLost, DisputeOpened, DisputeStage
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.folds.disputes import rank
from ledger.instants import read_instant
from ledger.policies.liability import Liability
from ledger.streams.amounts.dispute_shares import loss
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order
from ledger.streams.units.unit_bearers import bearer_of, dispute_cause

_AGAIN: DisputeStage = "second_stage"


class ReportDisputeLost(DisputeReport, name="report_dispute_lost"):
    """Records that the issuer decided for the buyer. The liability policy decides who bears the loss (P14).

    Give `amount` and `reason` if the dispute was never reported. Without them a break opens, and the loss waits until
    the dispute is reported. The withdrawal is recorded too, if it was not reported. A dispute that was won before is in
    its second stage. A loss that happened before the dispute was won changes nothing.
    """

    amount: PositiveMoney | None = None
    reason: Reason | None = None


def decide(report: ReportDisputeLost, order: Order, rules: Rules) -> Iterator[Event]:
    known = known_dispute(report, order)
    if known and (known.state == "lost" or was_reversed_later(report, known)):
        return
    amount = report.amount or (known.amount if known and known.amount else None)
    reported: list[Event] = [_reopened(report, order, known)] if known and _was_won(known) else []
    if amount and not (known and (known.held or known.lost)):  # a lost dispute implies the withdrawal
        rate = rate_of_fact(report, rules, amount.currency)
        if rate is None:
            yield from without_rate(report, order, amount, dispute_id=report.dispute_id)
            return
        again = order.after(*reported) if reported else order
        reported += [withdrawn(report, again, amount=amount, rate=rate), *flagged_if_stale(report, order, rate, rules)]
    yield from reported
    reason = report.reason or (known.reason if known and known.opened else None)
    if amount is None or reason is None:
        unknown = "amount" if amount is None else "reason"
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=A_DISPUTE,
            actual=f"lost, {unknown} unknown",
            dispute_id=report.dispute_id,
            lost_at=report.happened_at.isoformat(),
        )
        return
    yield from _lost(report, order.after(*reported) if reported else order, rules, at=report.happened_at)


def lost_before(report: DisputeReport, order: Order, rules: Rules) -> Iterator[Event]:
    """Yields the loss of a dispute that was reported before the dispute was. `order` has the dispute."""
    dispute = order.disputes.by_id[report.dispute_id]
    of_it = (each.refs for each in waiting_for(A_DISPUTE, order) if each.refs["dispute_id"] == report.dispute_id)
    at = min((read_instant(refs["lost_at"]) for refs in of_it), default=None)
    if at is not None and dispute.is_open and (dispute.closed_at is None or at > dispute.closed_at):
        yield from _lost_with_withdrawal(report, order, rules, at=at)


def _lost_with_withdrawal(report: DisputeReport, order: Order, rules: Rules, *, at: datetime) -> Iterator[Event]:
    dispute = order.disputes.by_id[report.dispute_id]
    reported: list[Event] = []
    if not dispute.held:
        rate = last_rate(rules, dispute.amount.currency, at)
        if rate is None:
            yield from without_rate(report, order, dispute.amount, dispute_id=report.dispute_id)
            return
        reported = [withdrawn(report, order, amount=dispute.amount, rate=rate, at=at)]
        yield from reported
        yield from flagged_if_stale(report, order, rate, rules, at=at)
    yield from _lost(report, order.after(*reported), rules, at=at)


def _was_won(known: Dispute) -> bool:
    """True if the dispute was won, and not in its last stage."""
    return known.state == "won" and rank(known.stage) < rank(_AGAIN)


def _reopened(report: ReportDisputeLost, order: Order, known: Dispute) -> DisputeOpened:
    """Returns the second stage, which the issuer opened and decided at once."""
    return DisputeOpened(
        **names(report, order),
        stage=_AGAIN,
        amount=report.amount or known.amount,
        reason=report.reason or known.reason,
        raw_code="",
        lines=tuple(DisputedLine(line_id=line_id, qty=qty) for line_id, qty in known.lines.items()),
        due_by=None,
        opened_at=report.happened_at,
    )


def _lost(report: DisputeReport, order: Order, rules: Rules, *, at: datetime) -> Iterator[Event]:
    dispute = order.disputes.by_id[report.dispute_id]
    event = _event(report, order, dispute, rules, at=at)
    yield event
    stated = report.amount if isinstance(report, ReportDisputeLost) else None
    if stated and stated != event.amount and event.amount:
        said = f"{stated} lost"
        yield from contradicts(report, order, kind="amount_mismatch", expected=str(event.amount), actual=said)
    yield from _consequence(report, order.after(event), rules)


def _event(report: DisputeReport, order: Order, dispute: Dispute, rules: Rules, *, at: datetime) -> DisputeLost:
    reason = (report.reason if isinstance(report, ReportDisputeLost) else None) or dispute.reason
    policy, cause = rules.policy(Liability), dispute_cause(reason)
    parts = loss(
        order,
        dispute,
        kept_fees(order, rules) if order.placed else None,
        amount=dispute.held,
        carried=dispute.held_base,
        bearer=lambda line: bearer_of(order, line.parcel_id, cause=cause, reason=reason, policy=policy),
    )
    return DisputeLost(
        **names(report, order),
        market=market_of(order),
        stage=dispute.stage,
        reason=reason,
        liability=parts.liability,
        liability_version=rules.used[Liability.key],
        amount=dispute.held,
        carried=dispute.held_base,
        unallocated=parts.unallocated,
        unallocated_base=parts.unallocated_base,
        owed=parts.owed,
        lines=parts.lines,
        charges=parts.charges,
        margin_reversed=parts.margin_reversed,
        fx=parts.fx,
        expense=parts.expense,
        lost_at=at,
    )


def _consequence(report: DisputeReport, later: Order, rules: Rules) -> Iterator[Event]:
    """Releases the merchant's share of units that the platform bears."""
    if later.placed is None:
        return
    now = report.decided_at
    events = list(released(later, closed_at_once(later, rules, at=now), rules, at=now))
    yield from events
    if later.completes(units_by_line(events)):
        yield OrderCompleted(order_id=report.order_id, completed_at=now)
