"""What two people decide over money: manual adjustments, and debts of merchants that are given up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money


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


class ManualAdjustmentApproved(Event, name="adjustment.approved", version=1):
    """Two people agreed on lines: they are posted. Without a merchant they touch the platform's own money."""

    adjustment_id: Id
    merchant_id: Id | None
    lines: tuple[AdjustmentLine, ...]
    reason: Id
    evidence: tuple[str, ...]  # references of documents
    accounting_date: date | None  # where it belongs to another day than that of its approval
    proposer: Actor
    approver: Actor
    approved_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.accounting_date


class MerchantDebtWrittenOff(Event, name="merchant_debt.written_off", version=1):
    """Two people agreed: the merchant's debt is the platform's loss. `write_off_id` is the proposal's."""

    write_off_id: Id
    merchant_id: Id
    amount: Money
    reason: Id
    proposer: Actor
    approver: Actor
    written_off_at: datetime
