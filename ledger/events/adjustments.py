"""Decisions of two people about money: manual adjustments, and write-offs of merchants' debts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money


class AdjustmentLine(BaseModel):
    """One line of a manual journal entry. `amount` is above zero, in the account's currency; `side` says debit or
    credit. `base` is the amount in CNY. The other fields are the dimensions of the line."""

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
    """Two people have agreed on a manual journal entry, and it is posted.

    Without `merchant_id` it concerns the platform's own money. `evidence` names documents. `accounting_date` is the day
    on which the entry is booked, if that is not the day of the approval.
    """

    adjustment_id: Id
    merchant_id: Id | None
    lines: tuple[AdjustmentLine, ...]
    reason: Id
    evidence: tuple[str, ...]  # references of documents
    accounting_date: date | None  # None: the day of the approval
    proposer: Actor
    approver: Actor
    approved_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.accounting_date


class MerchantDebtWrittenOff(Event, name="merchant_debt.written_off", version=1):
    """Two people have agreed that the platform bears a merchant's debt. `write_off_id` is the id of the proposal;
    `amount` is in CNY."""

    write_off_id: Id
    merchant_id: Id
    amount: Money
    reason: Id
    proposer: Actor
    approver: Actor
    written_off_at: datetime
