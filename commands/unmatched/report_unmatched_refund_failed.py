"""A provider cannot refund unmatched money, or has it back after the refund."""

from __future__ import annotations

from collections.abc import Iterator

from commands.rates import last_rate, rate_of_fact
from commands.rules import Rules
from commands.unmatched.unmatched_money import (
    UnmatchedFundsRefundReport,
    came_back,
    known_attempt,
    names_of,
    paid_back,
    unmatched_stale,
    with_extinguished_liability,
)
from ledger.events.event import Event
from ledger.events.unmatched_money import UnmatchedRefundFailed
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.unmatched_refunds import FundsRefundAttempt, UnmatchedFundsRefund


class ReportUnmatchedRefundFailed(UnmatchedFundsRefundReport, name="report_unmatched_refund_failed"):
    """Records that a refund of unmatched money failed or came back; it is owed until submitted again (P11).

    An unknown refund or another amount opens a break.
    """

    code: str


def decide(report: ReportUnmatchedRefundFailed, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    refund, reported = yield from known_attempt(report, item)
    if refund and reported:
        yield from with_extinguished_liability(item, list(_reported(report, item, rules, refund, reported)))


def _reported(
    report: ReportUnmatchedRefundFailed,
    item: UnmatchedItem,
    rules: Rules,
    refund: UnmatchedFundsRefund,
    reported: FundsRefundAttempt,
) -> Iterator[Event]:
    is_news = reported.came_back_at is None or reported.came_back_at < report.happened_at
    if reported.state == "submitted":
        yield _failure(report, refund, reported)
    elif reported.state == "paid" and reported.paid and reported.paid.happened_at <= report.happened_at:
        rate = rate_of_fact(report, rules, refund.amount.currency)
        assert rate is not None, "the capture itself had a rate of an earlier day"
        yield came_back(report, refund, reported, rate, code=report.code, at=report.happened_at)
        again_at = reported.paid_again_at
        if again_at and report.happened_at < again_at and (then := last_rate(rules, refund.amount.currency, again_at)):
            yield paid_back(report, refund, reported, then, at=again_at)
        yield from unmatched_stale(report, item, rate, rules)
    elif is_news:
        yield _failure(report, refund, reported, without_effect=True)


def _failure(
    report: ReportUnmatchedRefundFailed,
    refund: UnmatchedFundsRefund,
    reported: FundsRefundAttempt,
    *,
    without_effect: bool = False,
) -> UnmatchedRefundFailed:
    return UnmatchedRefundFailed(
        **names_of(report, refund, reported),
        code=report.code,
        happened_at=report.happened_at,
        without_effect=without_effect,
    )
