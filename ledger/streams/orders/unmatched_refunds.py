"""Unmatched refunds of an order: refunds that a provider reports and no case asked for, by the provider's reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ledger.events.refunds import RefundFailed, RefundReversed, RefundSucceeded
from ledger.fx import CNY
from ledger.money import Money


@dataclass(slots=True)
class UnmatchedRefundAttempt:
    """One unmatched refund. `is_back`: its return was reported, and the payment before it was not."""

    is_paid: bool = False
    is_back: bool = False
    carried: Money = field(default_factory=lambda: Money(0, CNY))
    paid_at: datetime | None = None  # the last reported payment
    came_back_at: datetime | None = None  # the latest reported failure or reversal
    code: str = ""  # of the latest failure or reversal

    def came_before(self, at: datetime) -> bool:
        """True if `at` is not later than the latest reported failure or reversal."""
        return self.came_back_at is not None and at <= self.came_back_at

    def pay(self, event: RefundSucceeded) -> None:
        """Records that the buyer got the money; if it is known to have come back since, it stays back."""
        if self.is_back and self.came_before(event.happened_at):
            self.is_back = False
        else:
            self.is_paid, self.carried = True, event.carried
        self.paid_at = event.happened_at

    def come_back(self, event: RefundFailed | RefundReversed) -> None:
        """Records a failure or reversal."""
        at = event.happened_at
        if isinstance(event, RefundReversed):
            was_paid = self.is_paid and self.paid_at is not None and self.paid_at <= at
            self.is_paid, self.is_back = self.is_paid and not was_paid, not was_paid
            self.carried = event.carried
        if not self.came_before(at):
            self.came_back_at, self.code = at, event.code


class UnmatchedRefunds:
    """All unmatched refunds of an order."""

    def __init__(self) -> None:
        self.by_name: dict[str, UnmatchedRefundAttempt] = {}

    def holds(self, name: str) -> bool:
        """True if the buyer has money under this reference, by the latest reports."""
        return name in self.by_name and self.by_name[name].is_paid

    def remember(self, event: RefundSucceeded | RefundFailed | RefundReversed) -> None:
        """Applies a provider's report."""
        known = self.by_name.setdefault(event.psp_refund_ref or event.attempt_id, UnmatchedRefundAttempt())
        if isinstance(event, RefundSucceeded):
            known.pay(event)
        else:
            known.come_back(event)
