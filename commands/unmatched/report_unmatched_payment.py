"""Records a capture without a known order."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import A_RATE
from commands.fields import PositiveMoney
from commands.rates import rate_of_fact
from commands.rules import Rules
from commands.unmatched.unmatched_money import UnmatchedMoneyReport, unmatched_break, unmatched_stale
from ledger.events.event import Event
from ledger.events.platform import UnmatchedPaymentCaptured
from ledger.fx import Rate
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.reference_data import UnmatchedItem


class ReportUnmatchedPayment(UnmatchedMoneyReport, name="report_unmatched_payment"):
    """Records a capture that names no known order; `refs` holds the references that it does name.

    With `cumulative`, `amount` is the total of `capture_ref` so far. Another amount opens a break.
    """

    payment_id: Reference | None = None
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney
    refs: dict[str, str] = {}
    source_amount: Money | None = None
    cumulative: bool = False


def decide(report: ReportUnmatchedPayment, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    amount = _new(report, item)
    if amount is None:
        if item.captured not in (None, report.amount) and not _is_older(report, item):
            expected = str(item.captured)
            yield from unmatched_break(report, item, kind="amount_mismatch", expected=expected, amount=report.amount)
        return
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from unmatched_break(
            report, item, kind="rate_missing", expected=A_RATE, amount=report.amount, fact=report.name
        )
        return
    yield _captured(report, amount, rate)
    yield from unmatched_stale(report, item, rate, rules, at=report.happened_at)


def _new(report: ReportUnmatchedPayment, item: UnmatchedItem) -> Money | None:
    """Returns the amount beyond the recorded capture, or None if there is none or nothing can be added."""
    if item.captured is None:
        return report.amount
    waits = not (item.is_of_orders or item.refunds or item.has_failed)
    if report.cumulative and waits and item.captured.currency == report.amount.currency:
        return report.amount - item.captured if item.captured < report.amount else None
    return None


def _is_older(report: ReportUnmatchedPayment, item: UnmatchedItem) -> bool:
    """True if the report has a cumulative amount from before the last recorded capture."""
    known = item.captured
    return (
        report.cumulative and known is not None and known.currency == report.amount.currency and report.amount < known
    )


def _captured(report: ReportUnmatchedPayment, amount: Money, rate: Rate) -> UnmatchedPaymentCaptured:
    return UnmatchedPaymentCaptured(
        psp=report.psp,
        capture_ref=report.capture_ref,
        payment_id=report.payment_id,
        psp_ref=report.psp_ref,
        amount=amount,
        book_rate=rate,
        base=rate.convert(amount),
        refs=report.refs,
        happened_at=report.happened_at,
        source_amount=report.source_amount,
    )
