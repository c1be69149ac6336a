"""What an order remembers of refunds that nobody asked for, by the providers' names of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ledger.events.refunds import RefundFailed, RefundReversed, RefundSucceeded
from ledger.fx import CNY
from ledger.money import Money


@dataclass(slots=True)
class UnmatchedRefundAttempt:
    """One of them. `is_back`: it is said to have come back, and the payment that this was of has not been reported."""

    is_paid: bool = False
    is_back: bool = False
    carried: Money = field(default_factory=lambda: Money(0, CNY))
    paid_at: datetime | None = None  # the payment reported last
    came_back_at: datetime | None = None  # the latest failure or reversal that was reported
    code: str = ""  # of that

    def came_before(self, at: datetime) -> bool:
        """Whether what happened at that instant was over when the money came back for all we know."""
        return self.came_back_at is not None and at <= self.came_back_at

    def pay(self, event: RefundSucceeded) -> None:
        """The buyer has the money; or had it, before it came back."""
        if self.is_back and self.came_before(event.happened_at):
            self.is_back = False
        else:
            self.is_paid, self.carried = True, event.carried
        self.paid_at = event.happened_at

    def come_back(self, event: RefundFailed | RefundReversed) -> None:
        """It failed, or the money is back."""
        at = event.happened_at
        if isinstance(event, RefundReversed):
            was_paid = self.is_paid and self.paid_at is not None and self.paid_at <= at
            self.is_paid, self.is_back = self.is_paid and not was_paid, not was_paid
            self.carried = event.carried
        if not self.came_before(at):
            self.came_back_at, self.code = at, event.code


class UnmatchedRefunds:
    """All of an order."""

    def __init__(self) -> None:
        self.by_name: dict[str, UnmatchedRefundAttempt] = {}

    def holds(self, name: str) -> bool:
        """Whether money went to the buyer under this name, as far as we know."""
        return name in self.by_name and self.by_name[name].is_paid

    def remember(self, event: RefundSucceeded | RefundFailed | RefundReversed) -> None:
        """What the provider says of it."""
        known = self.by_name.setdefault(event.psp_refund_ref or event.attempt_id, UnmatchedRefundAttempt())
        if isinstance(event, RefundSucceeded):
            known.pay(event)
        else:
            known.come_back(event)
