"""What is remembered of money of no order on its way back: each try to pay it, and what the provider said of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ledger.events.platform_money import UnallocatedFundsRefunded, UnallocatedRefundPaid
from ledger.events.unmatched_money import (
    UnallocatedRefundFailed,
    UnallocatedRefundReversed,
    UnallocatedRefundSubmitted,
    UnallocatedRefundSuccessNoted,
)
from ledger.money import Money


@dataclass(slots=True)
class Try:
    """One instruction to a provider to pay it back, under a name of its own."""

    submission_id: str
    submitted_at: datetime
    state: Literal["submitted", "paid", "failed", "reversed"] = "submitted"
    psp_refund_ref: str = ""
    paid: UnallocatedRefundPaid | None = None
    paid_again_at: datetime | None = None  # the latest success that was only noted
    came_back_at: datetime | None = None
    code: str = ""

    def is_later_success(self, at: datetime) -> bool:
        """Whether a success at that instant is later than every one that was told."""
        told = [known for known in (self.paid and self.paid.happened_at, self.paid_again_at) if known]
        return bool(told) and max(told) < at

    def come_back(self, at: datetime, code: str) -> None:
        """It failed, or was reversed, at that instant."""
        if self.came_back_at is None or self.came_back_at < at:
            self.came_back_at, self.code = at, code


@dataclass(slots=True)
class InboxRefund:
    """Money of no order that is owed back, and the tries to pay it, the first one first."""

    owed: UnallocatedFundsRefunded
    tries: list[Try] = field(default_factory=list)
    is_owed_no_more: bool = False  # its capture failed, and nothing of it was paid

    @classmethod
    def of(cls, event: UnallocatedFundsRefunded) -> InboxRefund:
        return cls(event, [Try(event.refund_id, event.refunded_at)])

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
        return any(one.state == "paid" for one in self.tries)

    @property
    def may_be_sent_anew(self) -> bool:
        """Whether no try has paid what is owed, and none may still."""
        return not self.is_owed_no_more and all(one.state in ("failed", "reversed") for one in self.tries)

    def told_of(self, *, submission_id: str | None, psp_refund_ref: str, at: datetime) -> Try | None:
        """The try that somebody tells of: by our name, else by the provider's, else the last that was sent by then."""
        if submission_id:
            return next((one for one in self.tries if one.submission_id == submission_id), None)
        by_theirs = (one for one in self.tries if psp_refund_ref and one.psp_refund_ref == psp_refund_ref)
        sent_by_then = [one for one in self.tries if one.submitted_at <= at]
        return next(by_theirs, sent_by_then[-1] if sent_by_then else self.tries[0])

    def submit(self, event: UnallocatedRefundSubmitted) -> None:
        self.tries.append(Try(event.submission_id, event.submitted_at))

    def answer(
        self,
        event: UnallocatedRefundPaid
        | UnallocatedRefundSuccessNoted
        | UnallocatedRefundFailed
        | UnallocatedRefundReversed,
    ) -> None:
        """What the provider said of one of them."""
        told = next(one for one in self.tries if one.submission_id == event.submission_id)
        told.psp_refund_ref = event.psp_refund_ref or told.psp_refund_ref
        match event:
            case UnallocatedRefundPaid():
                told.state, told.paid = "paid", event
            case UnallocatedRefundSuccessNoted():
                told.paid_again_at = event.happened_at
            case UnallocatedRefundReversed():
                told.state = "reversed"
                told.come_back(event.happened_at, event.code)
            case UnallocatedRefundFailed():
                told.state = told.state if event.only_noted else "failed"
                told.come_back(event.happened_at, event.code)
