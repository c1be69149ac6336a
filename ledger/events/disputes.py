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
from ledger.money import Money, total
from ledger.sealed import Sealed

DisputeStage = Literal["inquiry", "chargeback", "second_stage"]
DisputeLiability = Literal["merchant", "platform", "shared"]


class DisputedLine(BaseModel):
    """Some quantity of a line that the buyer disputes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: int


class _Dispute(Event):
    """What every event of a dispute names. `dispute_id` is the provider's own."""

    merchant_id: Id
    order_id: Id
    dispute_id: Id
    payment_id: Id
    capture_ref: Id
    psp: Id


class DisputeOpened(_Dispute, name="dispute.opened", version=1):
    """The buyer disputes `amount` of a capture, or the dispute has reached another stage.

    `lines` is what it is about; empty where the issuer does not say, and then it is about all of the order.
    """

    stage: DisputeStage
    amount: Money  # buyer's currency
    reason: Id  # not_received, product_unacceptable, fraudulent, duplicate …
    raw_code: str  # the card scheme's own
    lines: tuple[DisputedLine, ...]
    due_by: datetime | None  # for evidence
    opened_at: datetime


class DisputeEvidenceSubmitted(_Dispute, name="dispute.evidence_submitted", version=1):
    """The provider has our side of it."""

    stage: DisputeStage
    evidence_refs: tuple[str, ...]
    note: Sealed[str] | None = None
    submitted_by: Actor
    submitted_at: datetime


class DisputeFundsWithdrawn(_Dispute, name="dispute.funds_withdrawn", version=1):
    """The provider has taken the disputed money back, at its value on that day; whose it is, is open."""

    stage: DisputeStage
    psp_ref: str
    amount: Money
    book_rate: Rate
    base: Money
    withdrawn_at: datetime


class DisputeFeeCharged(_Dispute, name="dispute.fee_charged", version=1):
    """The provider charges for the dispute; the platform bears it, whoever loses."""

    psp_ref: str
    amount: Money
    book_rate: Rate
    base: Money
    charged_at: datetime


class DisputeLost(_Dispute, name="dispute.lost", version=1):
    """The issuer gives the buyer the money back. `carried` is what the withdrawn `amount` stood at; all else is CNY.

    Money of the capture that belonged to no order is lost first (`unallocated`), then what was owed back to the buyer
    already (`owed`). Of the rest, charges give back what they were allocated, as a refund does. Lines of which the
    merchant is liable: so do they; `margin_reversed` and `fx` as there; what is more than that is the platform's
    (`expense`). Lines of which the platform is liable are expense, and closed at its cost. Where the liability is
    `shared`, each line says whose it is. carried = unallocated_base +
    Σ owed.carried + expense + Σ lines (from_pending + from_available + fee_back + vat_back) + Σ charges.base +
    margin_reversed + fx.
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

    @property
    def owed_amount(self) -> Money:
        return total([refund.amount for refund in self.owed], self.amount.currency)


class DisputeWon(_Dispute, name="dispute.won", version=1):
    """The issuer leaves the money with us; what had been withdrawn is owed to us again.

    `carried` is what it stood at, `base` its value on the day, `fx` = carried − base. `undone` is the loss of an
    earlier stage that is no loss any more.
    """

    market: str
    stage: DisputeStage
    amount: Money
    book_rate: Rate | None  # None where nothing had been withdrawn
    base: Money
    carried: Money
    fx: Money
    undone: DisputeLost | None = None
    won_at: datetime
