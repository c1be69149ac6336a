"""A provider reports the outcome of a refund: paid, failed, or returned after the payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from commands.contradictions import contradiction
from commands.order_command import OrderReport
from commands.rates import flagged_if_stale
from commands.refunds.attempt_outcome import RefundOutcomeReport, recorded_outcome
from commands.refunds.liability_extinguished import liability_reinstated, with_extinguished_liability
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundReversed, RefundSucceeded, RefundSuccessRepeated
from ledger.fx import Rate
from ledger.ids import UNKNOWN
from ledger.money import Money
from ledger.references import Reference
from ledger.streams.orders.order import Order
from ledger.streams.payable_refund import PayableRefund
from ledger.streams.refund_attempt import Recorded


class ReportRefundOutcome(RefundOutcomeReport, OrderReport, name="report_refund_outcome"):
    """Records the outcome of a refund attempt: succeeded, failed or reversed.

    The attempt is found by `psp_refund_ref` (the provider's) or `attempt_id` (ours). A new reference belongs to the
    last attempt of that amount, capture and refund that has none. An unknown refund is booked, with the case
    `refund_id` if that is owed, and a break is opened.
    """

    payment_id: Reference = UNKNOWN
    capture_ref: Reference = UNKNOWN


def decide(report: ReportRefundOutcome, order: Order, rules: Rules) -> Iterator[Event]:
    yield from recorded_outcome(report, _OrderBooks(report, order, rules), rules)


class _OrderBooks:
    """The refunds of an order."""

    events: Mapping[Recorded, Callable[..., Event]] = {
        "payment": RefundSucceeded,
        "repeated": RefundSuccessRepeated,
        "failure": RefundFailed,
        "return": RefundReversed,
    }

    def __init__(self, report: ReportRefundOutcome, order: Order, rules: Rules) -> None:
        self._report, self._order, self._rules = report, order, rules
        self.refunds: Mapping[str, PayableRefund] = order.cases
        self.nobodys = order.unasked_refunds
        names = ("merchant_id", "order_id", "payment_id")
        self.named = {name: getattr(report, name) for name in names}

    def reinstated(self, about: Mapping[str, Any], carried: Money) -> Event:
        return liability_reinstated(self._order, about, carried)

    def with_extinguished(self, reported: list[Event]) -> Iterator[Event]:
        yield from with_extinguished_liability(self._order, reported)

    def flag(self, kind: str, expected: str) -> Iterator[Event]:
        report = self._report
        yield from contradiction(
            report,
            self._order,
            kind=kind,
            expected=expected,
            actual=f"{report.outcome}: {report.amount}",
            attempt_id=report.attempt_id or "",
            psp_refund_ref=report.psp_refund_ref,
            outcome=report.outcome,
        )

    def flag_stale(self, rate: Rate, at: datetime) -> Iterator[Event]:
        yield from flagged_if_stale(self._report, self._order, rate, self._rules, at=at)
