"""The provider has paid money of no order back to the buyer."""

from __future__ import annotations

from collections.abc import Iterator

from commands.breaks import break_once
from commands.command import Report
from commands.recording import accounting_day
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.platform_money import UnallocatedFundsRefunded, UnallocatedRefundPaid
from ledger.ids import Id, inbox_stream
from ledger.streams.reference_streams import InboxItem


class ReportUnallocatedRefundPaid(Report, name="report_unallocated_refund_paid"):
    """The provider keeps what it paid back from what it owes us."""

    psp: Id
    capture_ref: Id
    refund_id: Id
    psp_refund_ref: str = ""
    amount: PositiveMoney

    @property
    def stream(self) -> str:
        return inbox_stream(self.psp, self.capture_ref)


def decide(report: ReportUnallocatedRefundPaid, item: InboxItem, rules: Rules) -> Iterator[Event]:
    refund = item.refunds.get(report.refund_id)
    if refund is None or refund.amount != report.amount:
        expected = str(refund.amount) if refund else "no such refund"
        yield from _break(report, item, kind="amount_mismatch" if refund else "refund_unknown", expected=expected)
    elif report.refund_id not in item.refunds_paid:
        yield _paid(report, refund, rules)


def _paid(report: ReportUnallocatedRefundPaid, refund: UnallocatedFundsRefunded, rules: Rules) -> UnallocatedRefundPaid:
    rate = rules.rate(refund.amount.currency, "book", accounting_day(report.happened_at))
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


def _break(report: ReportUnallocatedRefundPaid, item: InboxItem, *, kind: str, expected: str) -> Iterator[Event]:
    yield from break_once(
        item.breaks,
        kind=kind,
        expected=expected,
        actual=str(report.amount),
        refs={
            "psp": report.psp,
            "capture_ref": report.capture_ref,
            "refund_id": report.refund_id,
            "amount": f"{report.amount.currency}{report.amount.minor}",
        },
        at=report.decided_at,
    )
