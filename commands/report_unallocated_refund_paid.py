"""The provider has paid money of no order back to the buyer."""

from __future__ import annotations

from collections.abc import Iterator

from commands.inbox_commands import InboxMoneyReport, inbox_break, inbox_stale
from commands.order_commands import rate_of_fact
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.platform_money import UnallocatedFundsRefunded, UnallocatedRefundPaid
from ledger.fx import Rate
from ledger.ids import Id
from ledger.streams.reference_streams import InboxItem


class ReportUnallocatedRefundPaid(InboxMoneyReport, name="report_unallocated_refund_paid"):
    """The provider keeps what it paid back from what it owes us."""

    refund_id: Id
    psp_refund_ref: str = ""
    amount: PositiveMoney


def decide(report: ReportUnallocatedRefundPaid, item: InboxItem, rules: Rules) -> Iterator[Event]:
    refund = item.refunds.get(report.refund_id)
    if refund is None or refund.amount != report.amount:
        expected = str(refund.amount) if refund else "no such refund"
        kind = "amount_mismatch" if refund else "refund_unknown"
        yield from inbox_break(
            report, item, kind=kind, expected=expected, amount=report.amount, refund_id=report.refund_id
        )
    elif report.refund_id not in item.refunds_paid:
        rate = rate_of_fact(report, rules, refund.amount.currency)
        assert rate is not None, "the capture itself had a rate of an earlier day"
        yield _paid(report, refund, rate)
        yield from inbox_stale(report, item, rate, rules)


def _paid(report: ReportUnallocatedRefundPaid, refund: UnallocatedFundsRefunded, rate: Rate) -> UnallocatedRefundPaid:
    base = rate.convert(refund.amount)
    return UnallocatedRefundPaid(
        refund_id=refund.refund_id,
        psp=refund.psp,
        capture_ref=refund.capture_ref,
        payment_id=refund.payment_id,
        psp_refund_ref=report.psp_refund_ref,
        amount=refund.amount,
        carried=refund.base,
        book_rate=rate,
        base=base,
        fx=base - refund.base,
        happened_at=report.happened_at,
    )
