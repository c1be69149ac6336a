"""What two people decide over money: manual adjustments, and debts of merchants that are given up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money
from ledger.sealed import Sealed
from ledger.who import Actor


class AdjustmentLine(BaseModel):
    """One line of an entry as a person writes it: an amount above zero, its side, its CNY base where it is foreign."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Id
    side: Literal["debit", "credit"]
    amount: Money
    base: Money  # CNY
    psp: Id | None = None
    order_id: Id | None = None
    line_id: Id | None = None
    parcel_id: Id | None = None
    payment_id: Id | None = None
    market: str | None = None


class _Adjustment(Event):
    """What every step of an adjustment names; `merchant_id` says whose money it touches, none: the platform's own."""

    adjustment_id: Id
    merchant_id: Id | None
    lines: tuple[AdjustmentLine, ...]
    reason: Id
    evidence: tuple[str, ...]  # references of documents
    accounting_date: date | None  # where it belongs to another day than that of its approval
    proposer: Actor


class ManualAdjustmentProposed(_Adjustment, name="adjustment.proposed", version=1):
    """Somebody wants these lines posted; nothing is, until another person approves."""

    note: Sealed[str] | None = None
    proposed_at: datetime


class ManualAdjustmentApproved(_Adjustment, name="adjustment.approved", version=1):
    """A second person agreed: the lines are posted."""

    approver: Actor
    approved_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.accounting_date


class ManualAdjustmentRejected(_Adjustment, name="adjustment.rejected", version=1):
    """Nothing is posted."""

    rejecter: Actor
    note: Sealed[str] | None = None
    rejected_at: datetime


class _WriteOff(Event):
    """What every step of a write-off names."""

    write_off_id: Id
    merchant_id: Id
    amount: Money
    reason: Id
    proposer: Actor


class MerchantDebtWriteOffProposed(_WriteOff, name="merchant_debt.write_off_proposed", version=1):
    """Somebody thinks that the merchant will never make up for this debt."""

    note: Sealed[str] | None = None
    proposed_at: datetime


class MerchantDebtWrittenOff(_WriteOff, name="merchant_debt.written_off", version=1):
    """A second person agreed: the debt is the platform's loss."""

    approver: Actor
    written_off_at: datetime


class MerchantDebtWriteOffRejected(_WriteOff, name="merchant_debt.write_off_rejected", version=1):
    """The debt stays, and is offset against what is released next."""

    rejecter: Actor
    rejected_at: datetime
