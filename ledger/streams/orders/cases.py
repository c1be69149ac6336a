"""What an order remembers of its after-sales cases: what is asked, who said yes, and the money on its way back."""

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
from ledger.fx import CNY
from ledger.ids import return_id_of
from ledger.money import Money, share
from ledger.streams.evolution import Evolving
from ledger.streams.orders.quantities import Effect

CaseState = Literal["open", "approved", "rejected", "withdrawn", "expired"]
ReturnState = Literal["", "authorized", "shipped", "received", "inspected", "expired"]
AttemptState = Literal["submitted", "succeeded", "failed", "reversed"]


@dataclass(slots=True)
class RefundAttempt:
    """One instruction to a provider to pay a part of a refund back."""

    attempt_id: str
    payment_id: str
    capture_ref: str
    psp: str
    amount: Money
    state: AttemptState = "submitted"
    psp_refund_ref: str = ""
    carried: Money = field(default_factory=lambda: Money(0, CNY))
    succeeded_at: datetime | None = None  # the success reported last
    paid_again_at: datetime | None = None  # the latest success that was recorded without effect
    came_back_at: datetime | None = None  # the latest failure or reversal that was reported
    code: str = ""  # of that

    def come_back(self, at: datetime, code: str) -> None:
        """It failed, or was reversed, at that instant."""
        if self.came_back_at is None or self.came_back_at < at:
            self.came_back_at, self.code = at, code

    def is_later_success(self, at: datetime) -> bool:
        """Whether a success at that instant is later than every one that was reported."""
        reported = max((known for known in (self.succeeded_at, self.paid_again_at) if known), default=None)
        return reported is not None and reported < at

    @property
    def counts(self) -> bool:
        """Whether the money is on its way to the buyer or with them."""
        return self.state in ("submitted", "succeeded")


@dataclass(slots=True)
class Case(Evolving):
    """One after-sales case. `paid` of `money.amount` has reached the buyer and left 2210 at `carried`."""

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
    approval: RefundApproved | None = None  # of a refund that waits for the goods, and what of it stands without them
    effects: list[tuple[ApprovedLine, list[Effect]]] = field(default_factory=list)  # what to undo if they never come
    return_required: bool = False
    return_by: datetime | None = None
    return_state: ReturnState = ""
    by_alternative: Money = field(default_factory=lambda: Money(0, CNY))  # of `paid`
    attempts: dict[str, RefundAttempt] = field(default_factory=dict)
    liability_extinguished: dict[str, Money] = field(default_factory=dict)  # of `paid`, by the capture that failed
    capture_ref: str = ""  # where it gives back money of one capture that never belonged to the order

    @classmethod
    def of_funds(cls, event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> Case:
        """Not an after-sales case, but paid back in the same way."""
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
        """The name of its return, also where goods come back that nobody asked for."""
        return return_id_of(self.id)

    @property
    def returned(self) -> bool:
        """Whether the goods are back."""
        return self.return_state in ("received", "inspected")

    @property
    def awaits_goods(self) -> bool:
        """Approved, and neither paid nor off until the goods are back or the time for them is over."""
        return self.state == "approved" and self.return_required and not self.returned

    @property
    def liability(self) -> Liability:
        """Who bears the refund that waits for the goods."""
        return self.approval.liability if self.approval else "merchant"

    @property
    def given(self) -> RefundMoney | None:
        """The money that the buyer has of it, or is owed; None where nothing was approved, or it is off."""
        if self.state == "approved":
            return self.money
        return self.approval.money if self.state == "expired" and self.approval else None

    @property
    def is_pending(self) -> bool:
        """Whether what becomes of its units is still to be seen: not decided, or waiting for the goods."""
        return self.is_open or self.awaits_goods

    @property
    def state_in_words(self) -> str:
        """Its state in words, with what it waits for."""
        return "waiting for its goods" if self.awaits_goods else self.state

    @property
    def next_round(self) -> int:
        return len(self.approvers) + 1

    @property
    def unsubmitted(self) -> Money:
        """What no provider has been asked to pay, or could not pay; nothing where more is on its way than is owed."""
        assert self.money is not None, "only an approved case has money"
        asked = sum(s.amount.minor for s in self.attempts.values() if s.counts)
        return Money(max(0, self.money.amount.minor - asked - self.by_alternative.minor), self.money.amount.currency)

    def carried_of(self, part: Money) -> Money:
        """What the next part of it that is paid stands at in 2210; the parts add up."""
        assert self.money is not None, "only an approved case owes money"
        upto = (self.paid + part).minor
        return share(self.money.base, upto=upto, of=self.money.amount.minor, already=self.carried)

    def reach_otherwise(self, amount: Money, carried: Money) -> None:
        """The buyer has so much of it (or, where negative, has it no more) without a provider paying it back."""
        self.by_alternative = self.by_alternative + amount
        self.paid, self.carried = self.paid + amount, self.carried + carried

    def owe_no_more(self, capture_ref: str, amount: Money, carried: Money) -> None:
        """Nobody is owed so much of it, since its capture failed; where negative, it is owed again."""
        known = self.liability_extinguished.get(capture_ref)
        self.liability_extinguished[capture_ref] = known + amount if known else amount
        self.reach_otherwise(amount, carried)

    def awaits(self, attempt_id: str, amount: Money) -> bool:
        """Whether this attempt's success is still to come, and is not more than the refund."""
        attempt = self.attempts.get(attempt_id)
        if attempt is None or attempt.state == "succeeded" or self.money is None:
            return False
        return self.paid + amount <= self.money.amount

    def concerns(self, line_id: str) -> bool:
        return any(line.line_id == line_id for line in self.lines)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Remember an event of this case."""

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
        self.return_state = self.return_state or "authorized"  # goods that came before are on their way, or back

    @evolve.register
    def _(self, event: ReturnShipped) -> None:
        if self.return_state in ("", "authorized"):  # reported late, it changes nothing
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
