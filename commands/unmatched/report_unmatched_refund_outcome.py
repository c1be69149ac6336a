"""A provider reports the outcome of a refund of unmatched money: paid, failed, or returned after the payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from commands.refunds.attempt_outcome import RefundOutcomeReport, recorded_outcome
from commands.rules import Rules
from commands.unmatched.unmatched_money import (
    UnmatchedMoneyReport,
    unmatched_break,
    unmatched_stale,
    with_extinguished_liability,
)
from ledger.events.event import Event
from ledger.events.platform_money import UnmatchedRefundPaid
from ledger.events.unmatched_money import (
    UnmatchedLiabilityReinstated,
    UnmatchedRefundFailed,
    UnmatchedRefundReversed,
    UnmatchedRefundSuccessRepeated,
)
from ledger.fx import Rate
from ledger.money import Money
from ledger.streams.payable_refund import PayableRefund
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.refund_attempt import Recorded


class ReportUnmatchedRefundOutcome(RefundOutcomeReport, UnmatchedMoneyReport, name="report_unmatched_refund_outcome"):
    """Records the outcome of a refund of unmatched money: succeeded, failed or reversed (P11).

    The attempt is found as by `report_refund_outcome`. An unknown refund is booked, with the refund `refund_id` if it
    is known, and a break is opened.
    """


def decide(report: ReportUnmatchedRefundOutcome, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    yield from recorded_outcome(report, _ItemBooks(report, item, rules), rules)


class _ItemBooks:
    """The refunds of an unmatched capture."""

    events: Mapping[Recorded, Callable[..., Event]] = {
        "payment": UnmatchedRefundPaid,
        "repeated": UnmatchedRefundSuccessRepeated,
        "failure": UnmatchedRefundFailed,
        "return": UnmatchedRefundReversed,
    }

    def __init__(self, report: ReportUnmatchedRefundOutcome, item: UnmatchedItem, rules: Rules) -> None:
        self._report, self._item, self._rules = report, item, rules
        self.refunds: Mapping[str, PayableRefund] = item.refunds
        self.nobodys = item.unasked_refunds
        self.named = {"payment_id": item.capture.payment_id if item.capture else None}

    def reinstated(self, about: Mapping[str, Any], carried: Money) -> Event:
        names = {name: about[name] for name in ("psp", "capture_ref", "payment_id", "refund_id", "amount")}
        return UnmatchedLiabilityReinstated(**names, base=carried)

    def with_extinguished(self, reported: list[Event]) -> Iterator[Event]:
        yield from with_extinguished_liability(self._item, reported)

    def flag(self, kind: str, expected: str) -> Iterator[Event]:
        report = self._report
        refs = {
            "refund_id": report.refund_id,
            "attempt_id": report.attempt_id or "",
            "psp_refund_ref": report.psp_refund_ref,
            "outcome": report.outcome,
        }
        yield from unmatched_break(report, self._item, kind=kind, expected=expected, amount=report.amount, **refs)

    def flag_stale(self, rate: Rate, at: datetime) -> Iterator[Event]:
        yield from unmatched_stale(self._report, self._item, rate, self._rules, at=at)
