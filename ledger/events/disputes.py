"""Disputes: a buyer asks the card issuer for the money back, and the issuer decides."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.payments import AllocatedCharge, OwedRefund
from ledger.events.refunds import ApprovedLine
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.sealed import Sealed

DisputeStage = Literal["inquiry", "chargeback", "second_stage"]
DisputeLiability = Literal["merchant", "platform", "shared"]


class DisputedLine(BaseModel):
    """The quantity of a line that the buyer disputes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: int


class _Dispute(Event):
    """Fields of every dispute event. `dispute_id` is the provider's id."""

    merchant_id: Id
    order_id: Id
    dispute_id: Id
    payment_id: Id
    capture_ref: Id
    psp: Id


class DisputeOpened(_Dispute, name="dispute.opened", version=1):
    """The buyer disputes `amount` of a capture, or the dispute has reached another stage.

    `amount` is in the buyer's currency. `lines` are the disputed units; if it is empty, the dispute concerns the whole
    order. `raw_code` is the card scheme's reason code. Evidence is due by `due_by`.
    """

    stage: DisputeStage
    amount: Money  # buyer's currency
    reason: Id  # not_received, product_unacceptable, fraudulent, duplicate …
    raw_code: str  # the card scheme's reason code
    lines: tuple[DisputedLine, ...]
    due_by: datetime | None  # for evidence
    opened_at: datetime


class DisputeEvidenceSubmitted(_Dispute, name="dispute.evidence_submitted", version=1):
    """The provider has our evidence for this stage. `evidence_refs` names the documents."""

    stage: DisputeStage
    evidence_refs: tuple[str, ...]
    note: Sealed[str] | None = None
    submitted_by: Actor
    submitted_at: datetime


class DisputeFundsWithdrawn(_Dispute, name="dispute.funds_withdrawn", version=1):
    """The provider has taken the disputed money back. Nobody has lost it yet: it stands in 1120.

    `amount` is in the currency of the capture; `base` is `amount` in CNY at `book_rate`, the rate of the day.
    """

    stage: DisputeStage
    psp_ref: str
    amount: Money
    book_rate: Rate
    base: Money
    withdrawn_at: datetime


class DisputeFeeCharged(_Dispute, name="dispute.fee_charged", version=1):
    """The provider charges a fee for the dispute. The platform bears it, whoever wins.

    `base` is `amount` in CNY at `book_rate`, the rate of the day.
    """

    psp_ref: str
    amount: Money
    book_rate: Rate
    base: Money
    charged_at: datetime


class DisputeLost(_Dispute, name="dispute.lost", version=1):
    """The card issuer gives the buyer the money back.

    `amount` is in the currency of the capture. `carried` is the CNY value at which it stood in 1120. All other money
    but the buyer amounts of the parts is CNY.

    The loss takes money in this order. (1) `unallocated`: money of the capture that belongs to no order. (2) `owed`:
    refunds that the buyer was owed already. (3) Units of the order, in `lines`, and their `charges`, as in a refund. If
    the merchant is liable for a line, its list price is taken back from the merchant, and `margin_reversed` and `fx`
    are as in a refund. If the platform is liable, the line is part of `expense`. With the liability `shared`,
    `borne_by` of each line names who is liable. Money beyond the lines and charges is `expense` too.

    carried = unallocated_base + Σ owed.carried + expense + Σ lines (from_pending + from_available + fee_back +
    vat_back) + Σ charges.base + margin_reversed + fx.
    """

    market: str
    stage: DisputeStage
    reason: Id
    liability: DisputeLiability
    liability_version: int  # of the liability policy
    amount: Money
    carried: Money
    unallocated: Money
    unallocated_base: Money
    owed: tuple[OwedRefund, ...]
    lines: tuple[ApprovedLine, ...]
    charges: tuple[AllocatedCharge, ...]
    margin_reversed: Money
    fx: Money
    expense: Money
    lost_at: datetime


class DisputeExcessReopened(_Dispute, name="dispute.excess_reopened", version=1):
    """`amount` of a lost dispute stands in 1120 again, because another dispute or a refund was undone, or the
    payment of the order was reported after the dispute was lost.

    The platform had borne it (5140, in CNY `carried`) as the excess over what was left of the order. A `dispute.lost`
    of this amount follows and divides it.
    """

    amount: Money
    carried: Money
    reopened_at: datetime


class DisputeWon(_Dispute, name="dispute.won", version=1):
    """The card issuer leaves the money with us. The provider owes us again the money it had withdrawn.

    `carried` is its CNY value in 1120; `base` is its CNY value at `book_rate`, the rate of the day; `fx` = carried −
    base (a loss is positive). `undone` is the loss of an earlier stage, which this decision reverses; if the capture
    has failed since, what was unallocated of it is an expense there. If nothing was withdrawn, `book_rate` is None and
    the amounts are zero.
    """

    market: str
    stage: DisputeStage
    amount: Money
    book_rate: Rate | None  # None if nothing was withdrawn
    base: Money
    carried: Money
    fx: Money
    undone: DisputeLost | None = None
    won_at: datetime
