"""A buyer disputes a payment at the card issuer, or the dispute reaches another stage."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import disputed_above
from commands.disputes.dispute_reports import DisputeReport, contradicts, known_dispute, names
from commands.disputes.report_dispute_lost import lost_before
from commands.explanations import A_CAPTURE, LINES
from commands.fields import PositiveMoney, RawText, Reason
from commands.requested_units import LineQtys
from commands.rules import Rules
from ledger.events.disputes import DisputedLine, DisputeOpened, DisputeStage
from ledger.events.event import Event
from ledger.folds.disputes import rank
from ledger.instants import Instant
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order


class ReportDisputeOpened(DisputeReport, name="report_dispute_opened"):
    """Records a dispute at the card issuer, or its next stage. Releases and refunds of its lines wait.

    Without `lines` it covers the whole order. A closed dispute that opens again is in its second stage. An unknown
    capture, an amount above it or unknown lines open a break.
    """

    stage: DisputeStage = "chargeback"
    amount: PositiveMoney
    reason: Reason
    raw_code: RawText = ""
    lines: LineQtys | None = None
    due_by: Instant | None = None


def decide(report: ReportDisputeOpened, order: Order, rules: Rules) -> Iterator[Event]:
    known = known_dispute(report, order)
    stage = _stage(report, known)
    if known and known.opened and rank(stage) <= rank(known.stage):
        if known.amount != report.amount:
            said = str(report.amount)
            yield from contradicts(report, order, kind="amount_mismatch", expected=str(known.amount), actual=said)
        return
    opened = DisputeOpened(
        **names(report, order),
        stage=stage,
        amount=report.amount,
        reason=report.reason,
        raw_code=report.raw_code,
        lines=tuple(DisputedLine(line_id=line.line_id, qty=line.qty) for line in report.lines or ()),
        due_by=report.due_by,
        opened_at=report.happened_at,
    )
    yield opened
    later = order.after(opened)
    yield from _flags(report, later)
    yield from lost_before(report, later, rules)


def _stage(report: ReportDisputeOpened, known: Dispute | None) -> DisputeStage:
    closed_at = known.closed_at if known and not known.is_open else None
    again = closed_at is not None and report.happened_at > closed_at
    return "second_stage" if again else report.stage


def _flags(report: ReportDisputeOpened, order: Order) -> Iterator[Event]:
    """Opens breaks for an unknown capture, an amount above the capture, and lines that the order does not have."""
    capture_ref = names(report, order)["capture_ref"]
    if capture_ref not in order.payments.captures:
        said = f"{report.amount} of {capture_ref}"
        yield from contradicts(report, order, kind="fact_contradicts_state", expected=A_CAPTURE, actual=said)
    yield from disputed_above(report, order, capture_ref)
    if unknown := [line.line_id for line in report.lines or () if line.line_id not in order.lines]:
        yield from contradicts(report, order, kind="fact_contradicts_state", expected=LINES, actual=", ".join(unknown))
