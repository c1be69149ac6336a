"""The provider could not pay money of no order back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.inbox_commands import InboxMoneyReport, inbox_break
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.inbox_money import UnallocatedRefundFailed
from ledger.ids import Id
from ledger.streams.reference_streams import InboxItem


class ReportUnallocatedRefundFailed(InboxMoneyReport, name="report_unallocated_refund_failed"):
    """It stays owed to the payer (P11) until it is submitted anew. `submission_id` is what it was sent under, by
    default the last."""

    refund_id: Id
    submission_id: Id | None = None
    psp_refund_ref: str = ""
    amount: PositiveMoney
    code: str


def decide(report: ReportUnallocatedRefundFailed, item: InboxItem, rules: Rules) -> Iterator[Event]:
    refund = item.refunds.get(report.refund_id)
    if refund is None or refund.amount != report.amount:
        expected = str(refund.amount) if refund else "no such refund"
        kind = "amount_mismatch" if refund else "refund_unknown"
        yield from inbox_break(
            report, item, kind=kind, expected=expected, amount=report.amount, refund_id=report.refund_id
        )
        return
    last = item.refund_submissions[report.refund_id][-1]
    if report.refund_id in item.refunds_paid:
        yield from inbox_break(
            report,
            item,
            kind="fact_contradicts_state",
            expected="a refund that was paid",
            amount=report.amount,
            refund_id=report.refund_id,
        )
    elif report.submission_id in (None, last) and report.refund_id not in item.refunds_failed:
        yield UnallocatedRefundFailed(
            psp=refund.psp,
            capture_ref=refund.capture_ref,
            payment_id=refund.payment_id,
            amount=refund.amount,
            refund_id=refund.refund_id,
            submission_id=last,
            psp_refund_ref=report.psp_refund_ref,
            code=report.code,
            happened_at=report.happened_at,
        )
