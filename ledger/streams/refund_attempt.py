"""One refund attempt, and the table of its states: a provider's reports give the same books in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.refunds import (
    RefundFailed,
    RefundReversed,
    RefundSubmitted,
    RefundSucceeded,
    RefundSuccessRepeated,
)
from ledger.events.unmatched_money import (
    UnmatchedRefundFailed,
    UnmatchedRefundReversed,
    UnmatchedRefundSubmitted,
    UnmatchedRefundSuccessRepeated,
)
from ledger.fx import NO_CNY
from ledger.money import Money

Submission = RefundSubmitted | UnmatchedFundsRefunded | UnmatchedRefundSubmitted
Outcome = (
    RefundSucceeded | RefundSuccessRepeated | RefundFailed | RefundReversed
    | UnmatchedRefundPaid | UnmatchedRefundSuccessRepeated | UnmatchedRefundFailed | UnmatchedRefundReversed
)  # fmt: skip

AttemptState = Literal["unknown", "submitted", "succeeded", "failed", "reversed"]
Answer = Literal["paid", "back"]  # a failure and a reversal say the same: the buyer does not have the money
Recorded = Literal["payment", "return", "failure", "repeated", "without effect"]
When = Literal["any time", "before", "between", "after"]


class Step(NamedTuple):
    """The next state, and the events to record.

    `payment` posts Dr 2210 / Cr 1110 and `return` the opposite. The others post nothing: `failure`, a payment that is
    `repeated`, and a failure `without effect`.
    """

    state: AttemptState
    events: tuple[Recorded, ...] = ()


PAID = Step("succeeded", ("payment",))
# A payment is before or after the latest return; a return is before or after the payment, or between two payments.
# At one instant, the return is the later one. "unknown" is a refund that nobody submitted: each of its events opens the
# break `fact_contradicts_state`. A payment beyond the refund's amount opens `double_refund`. If the refund's liability
# was extinguished because its capture failed, it is reinstated before a payment, and extinguished after a return.
STEPS: dict[tuple[AttemptState, Answer, When], Step] = {
    ("unknown", "paid", "any time"): PAID,
    ("unknown", "back", "any time"): Step("failed", ("failure",)),
    ("submitted", "paid", "any time"): PAID,
    ("submitted", "back", "any time"): Step("failed", ("failure",)),
    ("succeeded", "paid", "any time"): Step("succeeded", ("repeated",)),
    ("succeeded", "back", "before"): Step("succeeded", ("without effect",)),
    ("succeeded", "back", "between"): Step("succeeded", ("return", "payment")),
    ("succeeded", "back", "after"): Step("reversed", ("return",)),
    ("failed", "paid", "before"): Step("reversed", ("payment", "return")),
    ("failed", "paid", "after"): PAID,
    ("failed", "back", "any time"): Step("failed", ("without effect",)),
    ("reversed", "paid", "before"): Step("reversed"),
    ("reversed", "paid", "after"): PAID,
    ("reversed", "back", "any time"): Step("reversed", ("without effect",)),
}  # fmt: skip


@dataclass(slots=True)
class RefundAttempt:
    """One instruction to a provider, or (`submitted_at` is None) one refund that it made without an instruction."""

    attempt_id: str
    psp: str
    amount: Money
    payment_id: str | None
    capture_ref: str
    submitted_at: datetime | None = None
    state: AttemptState = "unknown"
    psp_refund_ref: str = ""
    carried: Money = NO_CNY  # of the payment, in 2210
    paid_at: datetime | None = None  # the payment that is booked
    paid_again_at: datetime | None = None  # the latest payment that is recorded without effect
    came_back_at: datetime | None = None  # the latest failure or reversal
    code: str = ""  # of the latest failure or reversal

    @classmethod
    def submitted(cls, event: Submission) -> RefundAttempt:
        if isinstance(event, UnmatchedFundsRefunded):  # the decision is also the first attempt
            id, at = event.refund_id, event.refunded_at
        else:
            id, at = event.attempt_id, event.submitted_at
        return cls(id, event.psp, event.amount, event.payment_id, event.capture_ref, submitted_at=at, state="submitted")

    @classmethod
    def unknown(cls, event: Outcome) -> RefundAttempt:
        return cls(event.attempt_id, event.psp, event.amount, event.payment_id, event.capture_ref)

    @property
    def is_asked(self) -> bool:
        """True if we submitted it."""
        return self.submitted_at is not None

    @property
    def counts(self) -> bool:
        """True if the money is on its way to the buyer or has reached the buyer."""
        return self.state in ("submitted", "succeeded")

    def step(self, answer: Answer, at: datetime) -> Step:
        """Returns the step for a report that happened at `at`."""
        step = STEPS.get((self.state, answer, "any time"))
        return step or STEPS[self.state, answer, self._when(answer, at)]

    def is_new(self, event: Recorded, at: datetime, psp_refund_ref: str) -> bool:
        """False for an event without effect that has neither a later instant nor the provider's reference for us."""
        known = {"repeated": (self.paid_at, self.paid_again_at), "without effect": (self.came_back_at,)}.get(event, ())
        latest = max((instant for instant in known if instant), default=None)
        return latest is None or latest < at or bool(psp_refund_ref and not self.psp_refund_ref)

    def remember(self, event: Outcome) -> None:
        """Applies the recorded answer."""
        self.psp_refund_ref = event.psp_refund_ref or self.psp_refund_ref
        match event:
            case RefundSucceeded() | UnmatchedRefundPaid():
                self.state, self.paid_at, self.carried = "succeeded", event.happened_at, event.carried
                return
            case RefundSuccessRepeated() | UnmatchedRefundSuccessRepeated():
                self.paid_again_at = max(self.paid_again_at or event.happened_at, event.happened_at)
                return
            case RefundReversed() | UnmatchedRefundReversed():
                self.state = "reversed"
            case RefundFailed() | UnmatchedRefundFailed() if not event.without_effect:
                self.state = "failed"
        if self.came_back_at is None or self.came_back_at < event.happened_at:
            self.came_back_at, self.code = event.happened_at, event.code

    def _when(self, answer: Answer, at: datetime) -> When:
        if answer == "paid":
            return "before" if self.came_back_at and at <= self.came_back_at else "after"
        if self.paid_at and at < self.paid_at:
            return "before"
        return "between" if self.paid_again_at and at < self.paid_again_at else "after"
