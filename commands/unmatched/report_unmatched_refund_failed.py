"""The provider could not pay money of no order back, or has it again after it had been paid."""

from __future__ import annotations

from collections.abc import Iterator

from commands.rates import last_rate, rate_of_fact
from commands.rules import Rules
from commands.unmatched.unmatched_money import (
    InboxRefundReport,
    came_back,
    inbox_stale,
    known_try,
    names_of,
    paid_back,
    with_what_nobody_is_owed,
)
from ledger.events.event import Event
from ledger.events.unmatched_money import UnallocatedRefundFailed
from ledger.streams.reference_data import InboxItem
from ledger.streams.unmatched_refunds import InboxRefund, Try


class ReportUnallocatedRefundFailed(InboxRefundReport, name="report_unallocated_refund_failed"):
    """It stays owed to the payer (P11), or is owed again, until it is submitted anew."""

    code: str


def decide(report: ReportUnallocatedRefundFailed, item: InboxItem, rules: Rules) -> Iterator[Event]:
    refund, told = yield from known_try(report, item)
    if refund and told:
        yield from with_what_nobody_is_owed(item, list(_told(report, item, rules, refund, told)))


def _told(
    report: ReportUnallocatedRefundFailed, item: InboxItem, rules: Rules, refund: InboxRefund, told: Try
) -> Iterator[Event]:
    is_news = told.came_back_at is None or told.came_back_at < report.happened_at
    if told.state == "submitted":
        yield _failure(report, refund, told)
    elif told.state == "paid" and told.paid and told.paid.happened_at <= report.happened_at:
        rate = rate_of_fact(report, rules, refund.amount.currency)
        assert rate is not None, "the capture itself had a rate of an earlier day"
        yield came_back(report, refund, told, rate, code=report.code, at=report.happened_at)
        again_at = told.paid_again_at
        if again_at and report.happened_at < again_at and (then := last_rate(rules, refund.amount.currency, again_at)):
            yield paid_back(report, refund, told, then, at=again_at)
        yield from inbox_stale(report, item, rate, rules)
    elif is_news:
        yield _failure(report, refund, told, only_noted=True)


def _failure(
    report: ReportUnallocatedRefundFailed, refund: InboxRefund, told: Try, *, only_noted: bool = False
) -> UnallocatedRefundFailed:
    return UnallocatedRefundFailed(
        **names_of(report, refund, told),
        code=report.code,
        happened_at=report.happened_at,
        only_noted=only_noted,
    )
