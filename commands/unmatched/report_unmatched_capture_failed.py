"""An unmatched capture fails after all."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney
from commands.rules import Rules
from commands.unmatched.unmatched_money import (
    UnmatchedMoneyReport,
    capture_of,
    unmatched_break,
    with_extinguished_liability,
)
from ledger.events.event import Event
from ledger.events.unmatched_money import UnmatchedCaptureFailed
from ledger.money import total
from ledger.streams.reference_data import UnmatchedItem


class ReportUnmatchedCaptureFailed(UnmatchedMoneyReport, name="report_unmatched_capture_failed"):
    """Records that an unmatched capture failed. Its refunds that are not on their way are no longer owed.

    Another amount, an unknown capture, or one that belongs to orders opens a break; report that failure to the orders.
    """

    amount: PositiveMoney
    code: str


def decide(report: ReportUnmatchedCaptureFailed, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    if item.has_failed:
        return
    if item.capture is None or item.capture.amount != report.amount:
        expected = str(item.capture.amount) if item.capture else "a known capture"
        kind = "amount_mismatch" if item.capture else "fact_contradicts_state"
        yield from unmatched_break(report, item, kind=kind, expected=expected, amount=report.amount, fact=report.name)
        return
    if item.is_of_orders:
        expected = "a capture that no order has"
        yield from unmatched_break(
            report, item, kind="fact_contradicts_state", expected=expected, amount=report.amount, fact=report.name
        )
        return
    yield from with_extinguished_liability(item, [_failed(report, item)])
    if item.refunds:
        expected = "a capture that is owed back to its payer"
        yield from unmatched_break(
            report, item, kind="fact_contradicts_state", expected=expected, amount=report.amount, fact=report.name
        )


def _failed(report: ReportUnmatchedCaptureFailed, item: UnmatchedItem) -> UnmatchedCaptureFailed:
    capture = capture_of(item)
    given = total([refund.owed for refund in item.refunds.values()], capture.amount.currency)
    given_base = total([refund.base for refund in item.refunds.values()], capture.base.currency)
    return UnmatchedCaptureFailed(
        psp=capture.psp,
        capture_ref=capture.capture_ref,
        payment_id=capture.payment_id,
        amount=capture.amount,
        code=report.code,
        base=capture.base,
        unallocated=capture.amount - given,
        unallocated_base=capture.base - given_base,
        happened_at=report.happened_at,
    )
