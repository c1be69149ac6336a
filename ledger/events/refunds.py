"""After-sales: cases from request to verdict, and the refund's money from approval to the buyer's account."""

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
    """Some quantity of a line with what the buyer gets back for it and what it is worth to the merchant.

    `parcel_id` is the parcel these units travel in; None before dispatch. A `qty` of 0 gives back a part of the price
    of units that the buyer keeps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: int
    buyer_amount: Money  # buyer's currency
    list_amount: Money  # CNY
    parcel_id: Id | None = None


class ApprovedLine(RefundLine):
    """What the approval of a line takes back from the merchant, and its share of the allocated base.

    Where the platform bears the refund nothing is taken back, and all of it is zero. `borne_by` is written where a
    refund or a lost dispute is shared: units are in different places.
    """

    released_qty: int  # of `qty`
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
    """Every amount the approval's entry needs (P7–P9); all base amounts are CNY.

    `amount` (buyer's currency, goods and charges) is carried in 2210 at `base` = amount × book_rate.
    Merchant-borne lines: from_pending + from_available + fee_back + vat_back = Σ their list_amount, of which
    from_available leaves 2120; `margin_reversed` is the share of the margin booked at allocation (same sign), `fx` the
    rest (positive a loss).
    Platform-borne lines: nothing leaves the merchant; their part of the base is the expense.
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
    """What every event of an after-sales case names."""

    merchant_id: Id
    order_id: Id
    refund_id: Id


class RefundRequested(_Case, name="refund.requested", version=1):
    """An after-sales case is open."""

    type: RefundType
    lines: tuple[RefundLine, ...]
    charges: tuple[AllocatedCharge, ...]
    amount: Money  # what the buyer would get
    reason: str
    details: Sealed[str] | None = None
    express_setting: bool  # the merchant's Express Refund switch at the request (statement 26)
    rounds_required: int
    parcel_ids: tuple[Id, ...] = ()
    requested_by: Actor
    requested_at: datetime


class RefundAutoApproved(_Case, name="refund.auto_approved", version=1):
    """Express Refund: paid, not shipped, approved by the system at once (statement 27)."""

    market: str
    rule: str
    lines: tuple[ApprovedLine, ...]
    money: RefundMoney


class RefundRoundApproved(_Case, name="refund.round_approved", version=1):
    """One of the required rounds said yes."""

    round: int
    approver: Actor
    note: Sealed[str] | None = None


class RefundRoundRejected(_Case, name="refund.round_rejected", version=1):
    """One of the required rounds said no."""

    round: int
    approver: Actor
    note: Sealed[str] | None = None


class RefundApproved(_Case, name="refund.approved", version=1):
    """The buyer will be refunded; who bears it is settled. Where that is `shared`, each line says whose it is."""

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
    """The buyer took the request back."""

    by: Actor
    reason: str


class _Return(_Case):
    """What every event of goods on their way back names."""

    return_id: Id
    happened_at: datetime


class ReturnAuthorized(_Return, name="return.authorized", version=1):
    """The buyer may send these quantities back until `return_by`."""

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
    """The goods that came back have been looked at."""

    condition: str
    disposition: str


class ReturnExpired(_Return, name="return.expired", version=1):
    """The buyer did not send the goods back in time: the refund that waited for them is off.

    `undone` is its approval, with the signs of the original entry; None where the buyer has all of it by a dispute, so
    that it stands. `kept` is what stands instead where they have a part: the refund of that part of the price, which
    2210 carried at `kept.money.base`.
    """

    return_by: datetime
    undone: RefundApproved | None = None
    kept: RefundApproved | None = None


class _Attempt(_Case):
    """What every event of one instruction to a provider names: a refund may be split over several captures."""

    attempt_id: Id
    payment_id: Id
    capture_ref: Id
    psp: Id
    amount: Money


class RefundSubmitted(_Attempt, name="refund.submitted", version=1):
    """The provider is asked to pay this part of the refund back, under `attempt_id`."""


class RefundSucceeded(_Attempt, name="refund.succeeded", version=1):
    """The provider has paid this part back to the buyer.

    `carried` is what 2210 carried it at, `base` its value at the day's book rate, `fx` = base − carried (5210).
    """

    psp_refund_ref: str
    book_rate: Rate
    base: Money
    carried: Money
    fx: Money
    happened_at: datetime


class RefundSuccessRepeated(_Attempt, name="refund.success_repeated", version=1):
    """The provider says again, of a later instant, that it has paid this part back: the same, unless it turns out that
    the money had come back in between."""

    psp_refund_ref: str
    happened_at: datetime


class RefundFailed(_Attempt, name="refund.failed", version=1):
    """The provider could not pay this part back; it stays owed to the buyer.

    `without_effect` where it changes nothing: the part was paid back later, or had failed already.
    """

    psp_refund_ref: str
    code: str
    happened_at: datetime
    without_effect: bool = False


class RefundReversed(_Attempt, name="refund.reversed", version=1):
    """A refund that had succeeded came back; it is owed to the buyer again at what it was `carried` at.

    `base` is its value at the day's book rate, `fx` = carried − base (positive is a loss, as everywhere). Where its
    success was reported only after it, both are recorded together, and `came_back_on` is the accounting day of this
    one.
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
    """What a refund of a capture that failed stood at when it did not reach the buyer: in 2210 (`carried`), and as the
    platform's loss (`base`), `fx` = base − carried; all in CNY."""

    carried: Money
    base: Money
    fx: Money


class RefundLiabilityExtinguished(_ExtinguishedLiability, name="refund.liability_extinguished", version=1):
    """A refund on its way when its capture failed was not paid, or has come back: the buyer never gave the money, so
    that nobody is owed it and it is no loss."""


class RefundLiabilityReinstated(_ExtinguishedLiability, name="refund.liability_reinstated", version=1):
    """What was owed no more, because its capture had failed, was paid all the same: it is the platform's loss."""


class RefundPaidByAlternative(_Case, name="refund.paid_by_alternative", version=1):
    """The refund, or a part of it, reached the buyer from the platform's own bank (P24). It took two people."""

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
    """Money of a capture that pays for nothing is owed to the buyer, at the value it was taken in with."""

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
    """Money captured twice will be paid back to the buyer."""


class BuyerFundsRefundApproved(_FundsBack, name="refund.buyer_funds_approved", version=1):
    """Money that was captured and pays for no order will be paid back to the buyer."""
