"""A provider refunds unmatched money to the buyer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.rates import last_rate, rate_of_fact
from commands.rules import Rules
from commands.unmatched.unmatched_money import (
    UnmatchedFundsRefundReport,
    came_back,
    known_attempt,
    liability_reinstated,
    names_of,
    paid_back,
    unmatched_stale,
)
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.unmatched_money import UnmatchedRefundSuccessRepeated
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.unmatched_refunds import FundsRefundAttempt, UnmatchedFundsRefund


class ReportUnmatchedRefundPaid(UnmatchedFundsRefundReport, name="report_unmatched_refund_paid"):
    """Records that a provider refunded unmatched money; it deducts the amount from what it owes us.

    An unknown refund, another amount, or a second payment opens a break.
    """


def decide(report: ReportUnmatchedRefundPaid, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    refund, reported = yield from known_attempt(report, item)
    if refund is None or reported is None:
        return
    if reported.state == "paid":
        if reported.is_later_success(report.happened_at):
            yield UnmatchedRefundSuccessRepeated(**names_of(report, refund, reported), happened_at=report.happened_at)
    elif reported.came_back_at is not None and report.happened_at <= reported.came_back_at:
        if reported.paid is None:  # else it was reported before
            yield from _came_back_since(report, item, rules, refund, reported, reported.came_back_at)
    elif refund.is_paid:
        yield from report.break_beside(item, kind="double_refund", expected="paid back already")
    else:
        rate = rate_of_fact(report, rules, refund.amount.currency)
        assert rate is not None, "the capture itself had a rate of an earlier day"
        yield from liability_reinstated(refund)
        yield paid_back(report, refund, reported, rate, at=report.happened_at)
        yield from unmatched_stale(report, item, rate, rules)


def _came_back_since(
    report: ReportUnmatchedRefundPaid,
    item: UnmatchedItem,
    rules: Rules,
    refund: UnmatchedFundsRefund,
    reported: FundsRefundAttempt,
    then: datetime,
) -> Iterator[Event]:
    """Records a payment whose return was reported before. The present debt and later attempts do not change."""
    currency = refund.amount.currency
    rate, rate_then = rate_of_fact(report, rules, currency), last_rate(rules, currency, then)
    assert rate, "the capture itself had a rate of an earlier day"
    assert rate_then, "and that day is not later than the one it came back on"
    yield paid_back(report, refund, reported, rate, at=report.happened_at)
    yield came_back(report, refund, reported, rate_then, code=reported.code, at=then, day=accounting_day(then))
    yield from unmatched_stale(report, item, rate, rules)
