"""Reports of partners' answers to our instructions. The same answer always has the same id."""

from __future__ import annotations

from collections.abc import Iterator
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
from service.partner_facts.answers import InstructionAnswered
from service.partner_reports.references import References

_UNSAID = "unsaid"


def answered(fact: InstructionAnswered, _: References) -> Iterator[Command]:
    """Yields the report of the answer; nothing for a failed void, which the report of the capture explains."""
    state = "done" if fact.done else "failed"
    reported: dict[str, Any] = {
        "id": command_id("answer", fact.stream, fact.kind, fact.id, state),
        "actor": Actor(kind="partner", id=fact.partner, role="service"),
        "occurred_at": fact.happened_at,
        "amount": fact.amount,
    }
    if not fact.is_unmatched:
        reported["merchant_id"] = merchant_of(fact.stream)
    match fact.kind:
        case "payout":
            yield _of_payout(fact, reported)
        case "refund":
            yield _of_refund(fact, reported)
        case "capture" | "void":
            yield from _of_payment(fact, reported)


def _of_payout(fact: InstructionAnswered, reported: dict[str, Any]) -> Command:
    """Returns the report of a payout. The bank's own reference comes with its statement, which names the payout id."""
    if fact.done:
        return ReportPayoutPaid(**reported, payout_id=fact.id)
    return ReportPayoutFailed(**reported, payout_id=fact.id, code=fact.code or _UNSAID)


def _of_refund(fact: InstructionAnswered, reported: dict[str, Any]) -> Command:
    about = reported | {
        "psp": fact.partner,
        "refund_id": fact.names["refund_id"],
        "capture_ref": fact.names["capture_ref"],
        "attempt_id": fact.id,
        "outcome": "succeeded" if fact.done else "failed",
        "psp_refund_ref": fact.reference,
        "code": fact.code,
    }
    if fact.is_unmatched:
        return ReportUnmatchedRefundOutcome(**about)
    return ReportRefundOutcome(**about, order_id=order_of(fact.stream), payment_id=fact.names["payment_id"])


def _of_payment(fact: InstructionAnswered, reported: dict[str, Any]) -> Iterator[Command]:
    names = {"psp": fact.partner, "order_id": order_of(fact.stream), "payment_id": fact.names["payment_id"]}
    about = reported | names
    if fact.kind == "capture" and fact.done:
        yield ReportPaymentCaptured(**about, capture_ref=fact.reference, psp_ref=fact.reference)
    elif fact.kind == "capture":
        yield ReportPaymentFailed(**about, code=fact.code or _UNSAID)
    elif fact.done:
        yield ReportPaymentVoided(**about, psp_ref=fact.reference)
