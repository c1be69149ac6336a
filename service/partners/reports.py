"""Turns a partner's answer into the report that records it. The same answer always has the same id."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from commands.command import Command
from commands.payments.report_payment_captured import ReportPaymentCaptured
from commands.payments.report_payment_failed import ReportPaymentFailed
from commands.payments.report_payment_voided import ReportPaymentVoided
from commands.payouts.report_payout_failed import ReportPayoutFailed
from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.refunds.report_refund_outcome import ReportRefundOutcome
from commands.unmatched.report_unmatched_refund_outcome import ReportUnmatchedRefundOutcome
from ledger.actors import Actor
from ledger.ids import command_id, merchant_of, order_of
from projections.reconciliation.instructions import Instruction
from service.partners.ports import Answer

_UNSAID = "unsaid"


def report_of(instruction: Instruction, answer: Answer, at: datetime) -> Command | None:
    """Returns the report; None while the answer is pending, and for a failed void, which the report of the capture
    explains.
    """
    if answer.state == "pending":
        return None
    done = answer.state == "done"
    envelope = {
        "id": command_id("answer", instruction.stream, instruction.kind, instruction.id, answer.state),
        "actor": Actor(kind="partner", id=instruction.partner, role="service"),
        "occurred_at": at,
    }
    about = {"psp": instruction.partner, "amount": instruction.amount}
    if instruction.is_unmatched:
        return _of_refund(instruction, answer, envelope | about, done=done)
    envelope["merchant_id"] = merchant_of(instruction.stream)
    if instruction.kind == "payout":
        return _of_payout(instruction, answer, envelope, done=done)
    envelope |= about | {"order_id": order_of(instruction.stream)}
    if instruction.kind == "refund":
        return _of_refund(instruction, answer, envelope, done=done)
    envelope |= {"payment_id": instruction.facts["payment_id"]}
    match instruction.kind, done:
        case "capture", True:
            return ReportPaymentCaptured(**envelope, capture_ref=answer.reference, psp_ref=answer.reference)
        case "capture", False:
            return ReportPaymentFailed(**envelope, code=answer.code or _UNSAID)
        case "void", True:
            return ReportPaymentVoided(**envelope, psp_ref=answer.reference)
    return None


def _of_payout(instruction: Instruction, answer: Answer, envelope: dict[str, Any], *, done: bool) -> Command:
    """Returns the report of a payout. The bank's own reference comes with its statement, which names the payout id."""
    about = {"payout_id": instruction.id, "amount": instruction.amount}
    if done:
        return ReportPayoutPaid(**envelope, **about)
    return ReportPayoutFailed(**envelope, **about, code=answer.code or _UNSAID)


def _of_refund(instruction: Instruction, answer: Answer, envelope: dict[str, Any], *, done: bool) -> Command:
    report = ReportUnmatchedRefundOutcome if instruction.is_unmatched else ReportRefundOutcome
    names = ("refund_id", "capture_ref") if instruction.is_unmatched else ("refund_id", "payment_id", "capture_ref")
    return report(
        **envelope,
        **{name: instruction.facts[name] for name in names},
        outcome="succeeded" if done else "failed",
        attempt_id=instruction.id,
        psp_refund_ref=answer.reference,
        code=answer.code,
    )
