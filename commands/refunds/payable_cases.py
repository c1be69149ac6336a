"""Checks that an after-sales case can be paid: approved, undisputed, and the goods are back if required."""

from __future__ import annotations

from ledger.refusals.catalogue import CaseClosed, CaseNotFound, RefundNotApproved, ReturnNotReceived
from ledger.refusals.payments import DisputeOpen
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order
from ledger.streams.units.units import OrderUnits


def payable_case(order: Order, refund_id: str) -> Case:
    """Returns the case, or raises a refusal with the reason why it cannot be paid."""
    case = order.cases.get(refund_id)
    if case is None:
        raise CaseNotFound(order_id=order.order_id, refund_id=refund_id)
    if case.is_open:
        raise RefundNotApproved(refund_id=case.id, state=f"round {case.next_round} of {case.rounds_required} is next")
    if case.state != "approved":
        raise CaseClosed(refund_id=case.id, state=case.state)
    if case.awaits_goods:
        raise ReturnNotReceived(refund_id=case.id)
    expect_undisputed(order, case)
    return case


def expect_undisputed(order: Order, case: Case) -> None:
    """Raises `DisputeOpen` if the issuer may take the same money back, so that nobody is paid twice."""
    if dispute := OrderUnits(order).dispute_over(case):
        line_id = next(line.line_id for line in case.lines if dispute.concerns(line.line_id))
        raise DisputeOpen(line_id=line_id, dispute_id=dispute.dispute_id, stage=dispute.stage)
    for dispute in order.disputes:
        if case.capture_ref and dispute.capture_ref == case.capture_ref and dispute.is_open and dispute.claims:
            raise DisputeOpen(line_id=case.capture_ref, dispute_id=dispute.dispute_id, stage=dispute.stage)
