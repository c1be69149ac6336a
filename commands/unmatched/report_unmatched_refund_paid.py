"""The provider has paid money of no order back to the buyer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.rates import last_rate, rate_of_fact
from commands.rules import Rules
from commands.unmatched.unmatched_money import (
    InboxRefundReport,
    came_back,
    inbox_stale,
    known_try,
    names_of,
    owed_again,
    paid_back,
)
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.unmatched_money import UnallocatedRefundSuccessNoted
from ledger.streams.reference_data import InboxItem
from ledger.streams.unmatched_refunds import InboxRefund, Try


class ReportUnallocatedRefundPaid(InboxRefundReport, name="report_unallocated_refund_paid"):
    """The provider keeps what it paid back from what it owes us."""


def decide(report: ReportUnallocatedRefundPaid, item: InboxItem, rules: Rules) -> Iterator[Event]:
    refund, told = yield from known_try(report, item)
    if refund is None or told is None:
        return
    if told.state == "paid":
        if told.is_later_success(report.happened_at):
            yield UnallocatedRefundSuccessNoted(**names_of(report, refund, told), happened_at=report.happened_at)
    elif told.came_back_at is not None and report.happened_at <= told.came_back_at:
        if told.paid is None:  # else it was told before
            yield from _came_back_since(report, item, rules, refund, told, told.came_back_at)
    elif refund.is_paid:
        yield from report.break_beside(item, kind="double_refund", expected="paid back already")
    else:
        rate = rate_of_fact(report, rules, refund.amount.currency)
        assert rate is not None, "the capture itself had a rate of an earlier day"
        yield from owed_again(refund)
        yield paid_back(report, refund, told, rate, at=report.happened_at)
        yield from inbox_stale(report, item, rate, rules)


def _came_back_since(
    report: ReportUnallocatedRefundPaid, item: InboxItem, rules: Rules, refund: InboxRefund, told: Try, then: datetime
) -> Iterator[Event]:
    """It was paid, and has come back by what was told before: what is owed and what has been done about it stand."""
    currency = refund.amount.currency
    rate, rate_then = rate_of_fact(report, rules, currency), last_rate(rules, currency, then)
    assert rate, "the capture itself had a rate of an earlier day"
    assert rate_then, "and that day is not later than the one it came back on"
    yield paid_back(report, refund, told, rate, at=report.happened_at)
    yield came_back(report, refund, told, rate_then, code=told.code, at=then, day=accounting_day(then))
    yield from inbox_stale(report, item, rate, rules)
