"""After-sales cases of an order: the request, its approvals, and the money on its way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.payments import AllocatedCharge
from ledger.events.refunds import (
    ApprovedLine,
    BuyerFundsRefundApproved,
    DuplicateCaptureRefundApproved,
    Liability,
    RefundApproved,
    RefundAutoApproved,
    RefundFailed,
    RefundLine,
    RefundMoney,
    RefundPaidByAlternative,
    RefundRejected,
    RefundRequested,
    RefundReversed,
    RefundRoundApproved,
    RefundSubmitted,
    RefundSucceeded,
    RefundSuccessRepeated,
    RefundType,
    RefundWithdrawn,
    ReturnAuthorized,
    ReturnExpired,
    ReturnInspected,
    ReturnReceived,
    ReturnShipped,
)
from ledger.folds.evolution import Evolving
from ledger.fx import CNY
from ledger.ids import return_id_of
from ledger.money import Money, share
from ledger.streams.orders.quantities import Effect

CaseState = Literal["open", "approved", "rejected", "withdrawn", "expired"]
ReturnState = Literal["", "authorized", "shipped", "received", "inspected", "expired"]
AttemptState = Literal["submitted", "succeeded", "failed", "reversed"]


@dataclass(slots=True)
class RefundAttempt:
    """One instruction to a provider to pay a part of a refund."""

    attempt_id: str
    payment_id: str
    capture_ref: str
    psp: str
    amount: Money
    state: AttemptState = "submitted"
    psp_refund_ref: str = ""
    carried: Money = field(default_factory=lambda: Money(0, CNY))
    succeeded_at: datetime | None = None  # the last reported success
    paid_again_at: datetime | None = None  # the latest success that was recorded without effect
    came_back_at: datetime | None = None  # the latest reported failure or reversal
    code: str = ""  # of the latest failure or reversal

    def come_back(self, at: datetime, code: str) -> None:
        """Records a failure or reversal at `at`. The latest one counts."""
        if self.came_back_at is None or self.came_back_at < at:
            self.came_back_at, self.code = at, code

    def is_later_success(self, at: datetime) -> bool:
        """True if a success at `at` is later than every reported one, and at least one was reported."""
        reported = max((known for known in (self.succeeded_at, self.paid_again_at) if known), default=None)
        return reported is not None and reported < at

    @property
    def counts(self) -> bool:
        """True if the money is on its way to the buyer or has reached the buyer."""
        return self.state in ("submitted", "succeeded")


@dataclass(slots=True)
class Case(Evolving):
    """One after-sales case. `paid` of `money.amount` has reached the buyer, with the CNY value `carried` in 2210."""

    id: str
    type: RefundType
    lines: tuple[RefundLine, ...]
    charges: tuple[AllocatedCharge, ...]
    amount: Money
    reason: str
    rounds_required: int
    requested_by: str
    requested_at: datetime
    paid: Money
    carried: Money = field(default_factory=lambda: Money(0, CNY))
    state: CaseState = "open"
    approvers: list[str] = field(default_factory=list)
    approved_lines: tuple[ApprovedLine, ...] = ()
    money: RefundMoney | None = None
    approval: RefundApproved | None = None  # of a refund that waits for the goods; after expiry, the part kept
    effects: list[tuple[ApprovedLine, list[Effect]]] = field(default_factory=list)  # to undo if the goods never come
    return_required: bool = False
    return_by: datetime | None = None
    return_state: ReturnState = ""
    by_alternative: Money = field(default_factory=lambda: Money(0, CNY))  # the part of `paid` not paid by a provider
    attempts: dict[str, RefundAttempt] = field(default_factory=dict)
    liability_extinguished: dict[str, Money] = field(default_factory=dict)  # the part of `paid`, by failed capture
    capture_ref: str = ""  # set if it refunds money that never was the order's

    @classmethod
    def of_funds(cls, event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> Case:
        """Returns a case for captured money that pays for nothing. It is refunded in the same way as a case."""
        nothing, no_money = Money(0, CNY), Money(0, event.amount.currency)
        money = RefundMoney(
            amount=event.amount,
            base=event.base,
            book_rate=event.book_rate,
            from_pending=nothing,
            from_available=nothing,
            fee_back=nothing,
            vat_back=nothing,
            charges=(),
            margin_reversed=nothing,
            fx=nothing,
            expense_base=nothing,
        )
        return cls(
            id=event.refund_id,
            type="platform_initiated",
            lines=(),
            charges=(),
            amount=event.amount,
            reason=event.reason,
            rounds_required=0,
            requested_by=event.reviewer.id,
            requested_at=event.approved_at,
            paid=no_money,
            by_alternative=no_money,
            state="approved",
            money=money,
            capture_ref=event.capture_ref,
        )

    @classmethod
    def of(cls, event: RefundRequested) -> Case:
        return cls(
            id=event.refund_id,
            type=event.type,
            lines=event.lines,
            charges=event.charges,
            amount=event.amount,
            reason=event.reason,
            rounds_required=event.rounds_required,
            requested_by=event.requested_by.id,
            requested_at=event.requested_at,
            paid=Money(0, event.amount.currency),
            by_alternative=Money(0, event.amount.currency),
        )

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def return_id(self) -> str:
        """The id of its return, also for goods that come back without an authorisation."""
        return return_id_of(self.id)

    @property
    def returned(self) -> bool:
        """True if the goods are back."""
        return self.return_state in ("received", "inspected")

    @property
    def awaits_goods(self) -> bool:
        """True if it is approved and its refund waits for goods that are not back and whose time is not over."""
        return self.state == "approved" and self.return_required and not self.returned

    @property
    def liability(self) -> Liability:
        """The liability of the refund that waits for the goods."""
        return self.approval.liability if self.approval else "merchant"

    @property
    def given(self) -> RefundMoney | None:
        """The money that the buyer has or is owed; None if nothing was approved, or the refund was cancelled."""
        if self.state == "approved":
            return self.money
        return self.approval.money if self.state == "expired" and self.approval else None

    @property
    def is_pending(self) -> bool:
        """True if the outcome for its units is not final: not decided, or waiting for the goods."""
        return self.is_open or self.awaits_goods

    @property
    def state_in_words(self) -> str:
        """The state, or "waiting for its goods"."""
        return "waiting for its goods" if self.awaits_goods else self.state

    @property
    def next_round(self) -> int:
        return len(self.approvers) + 1

    @property
    def unsubmitted(self) -> Money:
        """The amount that is owed and that no attempt covers; zero if attempts cover more than is owed."""
        assert self.money is not None, "only an approved case has money"
        asked = sum(s.amount.minor for s in self.attempts.values() if s.counts)
        return Money(max(0, self.money.amount.minor - asked - self.by_alternative.minor), self.money.amount.currency)

    def carried_of(self, part: Money) -> Money:
        """Returns the CNY value in 2210 of the next part to be paid; the values of all parts sum to `money.base`."""
        assert self.money is not None, "only an approved case owes money"
        upto = (self.paid + part).minor
        return share(self.money.base, upto=upto, of=self.money.amount.minor, already=self.carried)

    def reach_otherwise(self, amount: Money, carried: Money) -> None:
        """Records that the buyer has `amount` without a provider's refund; a negative amount takes it back."""
        self.by_alternative = self.by_alternative + amount
        self.paid, self.carried = self.paid + amount, self.carried + carried

    def owe_no_more(self, capture_ref: str, amount: Money, carried: Money) -> None:
        """Extinguishes the liability for `amount`, because its capture failed; a negative amount reinstates it."""
        known = self.liability_extinguished.get(capture_ref)
        self.liability_extinguished[capture_ref] = known + amount if known else amount
        self.reach_otherwise(amount, carried)

    def awaits(self, attempt_id: str, amount: Money) -> bool:
        """True if this attempt has not succeeded yet, and its success would not exceed the refund."""
        attempt = self.attempts.get(attempt_id)
        if attempt is None or attempt.state == "succeeded" or self.money is None:
            return False
        return self.paid + amount <= self.money.amount

    def concerns(self, line_id: str) -> bool:
        return any(line.line_id == line_id for line in self.lines)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies an event of this case."""

    @evolve.register
    def _(self, event: RefundRoundApproved) -> None:
        self.approvers.append(event.approver.id)

    @evolve.register
    def _(self, event: RefundAutoApproved) -> None:
        self.state, self.money, self.approved_lines = "approved", event.money, event.lines

    @evolve.register
    def _(self, event: RefundApproved) -> None:
        self.state, self.money, self.approved_lines = "approved", event.money, event.lines
        self.return_required = event.return_required
        self.approval = event if event.return_required else None

    @evolve.register
    def _(self, event: RefundRejected) -> None:
        self.state = "rejected"

    @evolve.register
    def _(self, event: RefundWithdrawn) -> None:
        self.state = "withdrawn"

    @evolve.register
    def _(self, event: ReturnAuthorized) -> None:
        self.return_by = event.return_by
        self.return_state = self.return_state or "authorized"  # goods shipped earlier keep their state

    @evolve.register
    def _(self, event: ReturnShipped) -> None:
        if self.return_state in ("", "authorized"):  # a late report changes nothing
            self.return_state = "shipped"

    @evolve.register
    def _(self, event: ReturnReceived) -> None:
        if self.return_state not in ("inspected", "expired"):
            self.return_state = "received"

    @evolve.register
    def _(self, event: ReturnInspected) -> None:
        self.return_state = "inspected"

    @evolve.register
    def _(self, event: ReturnExpired) -> None:
        self.state, self.return_state = "expired", "expired"
        if event.undone:
            self.approval = event.kept
        if event.kept:
            self.money, self.approved_lines = event.kept.money, event.kept.lines

    @evolve.register
    def _(self, event: RefundSubmitted) -> None:
        self.attempts[event.attempt_id] = RefundAttempt(
            event.attempt_id, event.payment_id, event.capture_ref, event.psp, event.amount
        )

    @evolve.register
    def _(self, event: RefundFailed) -> None:
        if not event.without_effect:
            self._answer(event.attempt_id, "failed", event.psp_refund_ref)
        self.attempts[event.attempt_id].come_back(event.happened_at, event.code)

    @evolve.register
    def _(self, event: RefundSucceeded) -> None:
        attempt = self._answer(event.attempt_id, "succeeded", event.psp_refund_ref)
        attempt.carried, attempt.succeeded_at = event.carried, event.happened_at
        self.paid, self.carried = self.paid + event.amount, self.carried + event.carried

    @evolve.register
    def _(self, event: RefundSuccessRepeated) -> None:
        self.attempts[event.attempt_id].paid_again_at = event.happened_at

    @evolve.register
    def _(self, event: RefundReversed) -> None:
        self._answer(event.attempt_id, "reversed", event.psp_refund_ref).come_back(event.happened_at, event.code)
        self.paid, self.carried = self.paid - event.amount, self.carried - event.carried

    @evolve.register
    def _(self, event: RefundPaidByAlternative) -> None:
        self.by_alternative += event.amount
        self.paid, self.carried = self.paid + event.amount, self.carried + event.carried

    def _answer(self, attempt_id: str, state: AttemptState, psp_refund_ref: str) -> RefundAttempt:
        attempt = self.attempts[attempt_id]
        attempt.state, attempt.psp_refund_ref = state, psp_refund_ref or attempt.psp_refund_ref
        return attempt
