"""After-sales: cases from request to decision, and the refund's money from approval to the buyer's account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.actors import Actor
from ledger.events.event import Event, is_absent
from ledger.events.payments import AllocatedCharge
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.sealed import Sealed

RefundType = Literal["unshipped", "return_refund", "not_received", "platform_initiated"]
Bearer = Literal["merchant", "platform"]
Liability = Literal["merchant", "platform", "partner", "shared"]


class RefundLine(BaseModel):
    """Units of a line with the amount for the buyer (buyer's currency) and the list amount (CNY).

    `parcel_id` is the parcel that the units travel in; None before dispatch. With `qty` 0 the buyer keeps the units and
    gets a part of their price back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: int
    buyer_amount: Money  # buyer's currency
    list_amount: Money  # CNY
    parcel_id: Id | None = None


class ApprovedLine(RefundLine):
    """A refunded line, with the amounts that are taken back from the merchant, in CNY, and its share of the base.

    If the platform bears the line, nothing is taken back and these amounts are zero. `released_qty` of `qty` units had
    been released. `borne_by` is stored only if a refund or a lost dispute is shared.
    """

    released_qty: int  # of `qty`, released before
    from_pending: Money
    from_available: Money
    fee_back: Money
    vat_back: Money
    base: Money
    borne_by: Bearer | None = Field(default=None, exclude_if=is_absent)

    def is_merchants(self, liability: Liability) -> bool:
        """True if the merchant bears this line of a refund or dispute with that liability."""
        return (self.borne_by or liability) == "merchant"


class RefundMoney(BaseModel):
    """All amounts of a refund's journal entry (P7–P9). All base amounts are CNY.

    `amount` is goods and charges in the buyer's currency. It stands in 2210 at `base` = amount × book_rate. Lines that
    the merchant bears: from_pending + from_available + fee_back + vat_back = Σ their list_amount; from_available leaves
    2120. `margin_reversed` is their share of the margin that was booked at allocation (same sign); `fx` is the rest (a
    loss is positive). Lines that the platform bears: nothing leaves the merchant, and their part of the base is
    `expense_base`, on the account that `expense` names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Money
    base: Money
    book_rate: Rate
    from_pending: Money
    from_available: Money
    fee_back: Money
    vat_back: Money
    charges: tuple[AllocatedCharge, ...]
    margin_reversed: Money
    fx: Money
    expense: Literal["", "goods_lost", "goodwill"] = ""
    expense_base: Money


class _Case(Event):
    """Fields of every event of an after-sales case."""

    merchant_id: Id
    order_id: Id
    refund_id: Id


class RefundRequested(_Case, name="refund.requested", version=1):
    """An after-sales case is open.

    `amount` is the most that the buyer would get, in the buyer's currency. `express_setting` is the merchant's Express
    Refund setting at the request (statement 26). `rounds_required` is the number of approvals that the case needs.
    """

    type: RefundType
    lines: tuple[RefundLine, ...]
    charges: tuple[AllocatedCharge, ...]
    amount: Money  # goods and charges, buyer's currency
    reason: str
    details: Sealed[str] | None = None
    express_setting: bool  # the merchant's Express Refund setting at the request
    rounds_required: int
    parcel_ids: tuple[Id, ...] = ()
    requested_by: Actor
    requested_at: datetime


class RefundAutoApproved(_Case, name="refund.auto_approved", version=1):
    """The system has approved the case at once: Express Refund, paid and not shipped (statement 27)."""

    market: str
    rule: str
    lines: tuple[ApprovedLine, ...]
    money: RefundMoney


class RefundRoundApproved(_Case, name="refund.round_approved", version=1):
    """A reviewer has approved this round. Rounds count from 1."""

    round: int
    approver: Actor
    note: Sealed[str] | None = None


class RefundRoundRejected(_Case, name="refund.round_rejected", version=1):
    """A reviewer has rejected the case in this round. Rounds count from 1."""

    round: int
    approver: Actor
    note: Sealed[str] | None = None


class RefundApproved(_Case, name="refund.approved", version=1):
    """The refund is approved, and its liability is decided.

    With the liability `shared`, `borne_by` of each line says who bears it. With `return_required`, the refund is paid
    only when the goods are back.
    """

    market: str
    lines: tuple[ApprovedLine, ...]
    money: RefundMoney
    liability: Liability
    return_required: bool
    reviewer: Actor
    reason: str


class RefundRejected(_Case, name="refund.rejected", version=1):
    """The case is closed without a refund."""

    reviewer: Actor
    reason: str
    note: Sealed[str] | None = None


class RefundWithdrawn(_Case, name="refund.withdrawn", version=1):
    """The request is withdrawn, and the case is closed without a refund."""

    by: Actor
    reason: str


class _Return(_Case):
    """Fields of every event of a return."""

    return_id: Id
    happened_at: datetime


class ReturnAuthorized(_Return, name="return.authorized", version=1):
    """The buyer may send these units back until `return_by`."""

    lines: tuple[RefundLine, ...]
    return_by: datetime | None = None


class ReturnShipped(_Return, name="return.shipped", version=1):
    """The buyer has sent the goods back."""

    carrier: str
    tracking_no: str


class ReturnReceived(_Return, name="return.received", version=1):
    """The goods are back."""

    condition: str


class ReturnInspected(_Return, name="return.inspected", version=1):
    """The returned goods were inspected."""

    condition: str
    disposition: str


class ReturnExpired(_Return, name="return.expired", version=1):
    """The goods did not come back in time. The refund that waited for them is cancelled.

    `undone` is its approval, whose entry is reversed. It is None if the buyer has the whole amount in another way, such
    as by a dispute: then the refund stands. `kept` is the refund that stands instead if the buyer has a part of the
    amount. It stood in 2210 at `kept.money.base`.
    """

    return_by: datetime
    undone: RefundApproved | None = None
    kept: RefundApproved | None = None


class _Attempt(_Case):
    """Fields of every event of a refund attempt. A refund may need several attempts, one for each capture."""

    attempt_id: Id
    payment_id: Id
    capture_ref: Id
    psp: Id
    amount: Money


class RefundSubmitted(_Attempt, name="refund.submitted", version=1):
    """We have asked the provider to pay this part of the refund. The request goes out under `attempt_id`."""

    submitted_at: datetime


class RefundSucceeded(_Attempt, name="refund.succeeded", version=1):
    """The provider has paid this part of the refund to the buyer.

    `carried` is its CNY value in 2210, `base` its CNY value at `book_rate`, the rate of the day, and `fx` = base −
    carried (a loss is positive).
    """

    psp_refund_ref: str
    book_rate: Rate
    base: Money
    carried: Money
    fx: Money
    happened_at: datetime


class RefundSuccessRepeated(_Attempt, name="refund.success_repeated", version=1):
    """The provider has reported the success of this attempt again, at a later instant. Nothing is posted.

    The report counts if it turns out that the money had come back in between.
    """

    psp_refund_ref: str
    happened_at: datetime


class RefundFailed(_Attempt, name="refund.failed", version=1):
    """The provider could not pay this part of the refund. We still owe it to the buyer.

    `without_effect` is true if the report changes nothing: the attempt succeeded later, or had failed already.
    """

    psp_refund_ref: str
    code: str
    happened_at: datetime
    without_effect: bool = False


class RefundReversed(_Attempt, name="refund.reversed", version=1):
    """The money of a successful attempt came back. We owe it to the buyer again, at its `carried` CNY value.

    `base` is its CNY value at `book_rate`, the rate of the day, and `fx` = carried − base (a loss is positive). If the
    reversal was reported before the success, both are recorded together, and `came_back_on` is the accounting day of
    the reversal.
    """

    psp_refund_ref: str
    code: str
    book_rate: Rate
    base: Money
    carried: Money
    fx: Money
    happened_at: datetime
    came_back_on: date | None = None

    @property
    def posts_on(self) -> date | None:
        return self.came_back_on


class _ExtinguishedLiability(_Attempt):
    """CNY values of an attempt on a capture that failed: `carried` in 2210, `base` in 5140, `fx` = base − carried."""

    carried: Money
    base: Money
    fx: Money


class RefundLiabilityExtinguished(_ExtinguishedLiability, name="refund.liability_extinguished", version=1):
    """The refund of a failed capture did not reach the buyer. Nobody is owed it, and it is no loss.

    The attempt was not paid, or the money came back, and the buyer never paid us. `attempt_id` is `unknown` if the
    refund is owed for another reason: a dispute was won after all, or the goods came back. `carried` is its CNY value
    in 2210, `base` its part of the loss in 5140, and `fx` = base − carried.
    """


class RefundLiabilityReinstated(_ExtinguishedLiability, name="refund.liability_reinstated", version=1):
    """A refund whose liability was extinguished was paid after all. It is the platform's loss.

    `carried` is its CNY value in 2210, `base` its part of the loss in 5140, and `fx` = base − carried.
    """


class RefundPaidByAlternative(_Case, name="refund.paid_by_alternative", version=1):
    """We have paid the refund, or a part of it, from our own bank account (P24). Two people agreed.

    `carried` is its CNY value in 2210, `base` its CNY value at `book_rate`, the rate of the day, and `fx` = base −
    carried (a loss is positive). `reference` is the bank's.
    """

    method: str
    reference: str
    proposer: Id
    approver: Id
    amount: Money
    book_rate: Rate
    base: Money
    carried: Money
    fx: Money


class _FundsBack(_Case):
    """Captured money that pays for nothing is owed to the buyer. `base` is its CNY value at the capture's rate."""

    payment_id: Id
    psp: Id
    capture_ref: Id
    amount: Money
    book_rate: Rate  # of the capture
    base: Money
    reason: Id
    reviewer: Actor
    approved_at: datetime


class DuplicateCaptureRefundApproved(_FundsBack, name="refund.duplicate_capture_approved", version=1):
    """A duplicate capture is to be paid back to the buyer.

    `base` is `amount` in CNY at `book_rate`, the rate of the capture.
    """


class BuyerFundsRefundApproved(_FundsBack, name="refund.buyer_funds_approved", version=1):
    """Captured money that pays for no order is to be paid back to the buyer.

    `base` is `amount` in CNY at `book_rate`, the rate of the capture.
    """
