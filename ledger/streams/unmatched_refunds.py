"""Refunds of unmatched funds: each attempt, and the provider's answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.unmatched_money import (
    UnmatchedRefundFailed,
    UnmatchedRefundReversed,
    UnmatchedRefundSubmitted,
    UnmatchedRefundSuccessRepeated,
)
from ledger.money import Money


@dataclass(slots=True)
class FundsRefundAttempt:
    """One refund attempt: an instruction to the provider under its own id."""

    attempt_id: str
    submitted_at: datetime
    state: Literal["submitted", "paid", "failed", "reversed"] = "submitted"
    psp_refund_ref: str = ""
    paid: UnmatchedRefundPaid | None = None
    paid_again_at: datetime | None = None  # the latest success that was recorded without effect
    came_back_at: datetime | None = None
    code: str = ""

    def is_later_success(self, at: datetime) -> bool:
        """True if a success at `at` is later than every reported one, and at least one was reported."""
        reported = [known for known in (self.paid and self.paid.happened_at, self.paid_again_at) if known]
        return bool(reported) and max(reported) < at

    def come_back(self, at: datetime, code: str) -> None:
        """Records a failure or reversal at `at`. The latest one counts."""
        if self.came_back_at is None or self.came_back_at < at:
            self.came_back_at, self.code = at, code


@dataclass(slots=True)
class UnmatchedFundsRefund:
    """A refund of unmatched funds, with its attempts in the order of submission."""

    owed: UnmatchedFundsRefunded
    attempts: list[FundsRefundAttempt] = field(default_factory=list)
    is_extinguished: bool = False  # its capture failed, and the refund was not paid

    @classmethod
    def of(cls, event: UnmatchedFundsRefunded) -> UnmatchedFundsRefund:
        return cls(event, [FundsRefundAttempt(event.refund_id, event.refunded_at)])

    @property
    def refund_id(self) -> str:
        return self.owed.refund_id

    @property
    def amount(self) -> Money:
        return self.owed.amount

    @property
    def base(self) -> Money:
        return self.owed.base

    @property
    def is_paid(self) -> bool:
        return any(one.state == "paid" for one in self.attempts)

    @property
    def may_be_sent_anew(self) -> bool:
        """True if the refund is still owed and no attempt has paid it or may still pay it."""
        return not self.is_extinguished and all(one.state in ("failed", "reversed") for one in self.attempts)

    def attempt_of_report(
        self, *, attempt_id: str | None, psp_refund_ref: str, at: datetime
    ) -> FundsRefundAttempt | None:
        """Returns the attempt that a report concerns: by our id, else by the provider's reference, else the last one
        submitted by `at`."""
        if attempt_id:
            return next((one for one in self.attempts if one.attempt_id == attempt_id), None)
        by_theirs = (one for one in self.attempts if psp_refund_ref and one.psp_refund_ref == psp_refund_ref)
        sent_by_then = [one for one in self.attempts if one.submitted_at <= at]
        return next(by_theirs, sent_by_then[-1] if sent_by_then else self.attempts[0])

    def submit(self, event: UnmatchedRefundSubmitted) -> None:
        self.attempts.append(FundsRefundAttempt(event.attempt_id, event.submitted_at))

    def answer(
        self,
        event: UnmatchedRefundPaid | UnmatchedRefundSuccessRepeated | UnmatchedRefundFailed | UnmatchedRefundReversed,
    ) -> None:
        """Applies the provider's answer to one attempt."""
        reported = next(one for one in self.attempts if one.attempt_id == event.attempt_id)
        reported.psp_refund_ref = event.psp_refund_ref or reported.psp_refund_ref
        match event:
            case UnmatchedRefundPaid():
                reported.state, reported.paid = "paid", event
            case UnmatchedRefundSuccessRepeated():
                reported.paid_again_at = event.happened_at
            case UnmatchedRefundReversed():
                reported.state = "reversed"
                reported.come_back(event.happened_at, event.code)
            case UnmatchedRefundFailed():
                reported.state = reported.state if event.without_effect else "failed"
                reported.come_back(event.happened_at, event.code)
