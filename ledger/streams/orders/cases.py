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
    RefundLine,
    RefundMoney,
    RefundPaidByAlternative,
    RefundRejected,
    RefundRequested,
    RefundRoundApproved,
    RefundType,
    RefundWithdrawn,
    ReturnAuthorized,
    ReturnExpired,
    ReturnInspected,
    ReturnReceived,
    ReturnShipped,
)
from ledger.folds.evolution import Evolving
from ledger.fx import NO_CNY
from ledger.ids import return_id_of
from ledger.money import Money
from ledger.streams.orders.quantities import Effect
from ledger.streams.payable_refund import PayableRefund

CaseState = Literal["open", "approved", "rejected", "withdrawn", "expired"]
ReturnState = Literal["", "authorized", "shipped", "received", "inspected", "expired"]


@dataclass(slots=True)
class Case(PayableRefund, Evolving):
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
    state: CaseState = "open"
    approvers: list[str] = field(default_factory=list)
    approved_lines: tuple[ApprovedLine, ...] = ()
    money: RefundMoney | None = None
    approval: RefundApproved | None = None  # of a refund that waits for the goods; after expiry, the part kept
    effects: list[tuple[ApprovedLine, list[Effect]]] = field(default_factory=list)  # to undo if the goods never come
    return_required: bool = False
    return_by: datetime | None = None
    return_state: ReturnState = ""
    parts_undone_before: dict[str, int] = field(default_factory=dict)  # `LineBook.parts_undone` at the request, by line
    capture_ref: str = ""  # set if it refunds money that never was the order's
    failed_since: set[str] = field(default_factory=set)  # captures that failed after its approval

    @classmethod
    def of_funds(cls, event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> Case:
        """Returns a case for captured money that pays for nothing. It is refunded in the same way as a case."""
        nothing, no_money = NO_CNY, Money(0, event.amount.currency)
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
    def owed(self) -> Money | None:
        return self.money.amount if self.money else None

    @property
    def base(self) -> Money:
        assert self.money is not None, "only an approved case owes money"
        return self.money.base

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
    def _(self, event: RefundPaidByAlternative) -> None:
        self.reach_otherwise(event.amount, event.carried)
