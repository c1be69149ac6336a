"""Claims against logistics partners for what was lost or damaged on the way (P16)."""

from __future__ import annotations

from datetime import date, datetime

from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _Claim(Event):
    """What every event of a claim names."""

    merchant_id: Id
    order_id: Id
    parcel_id: Id
    claim_id: Id
    partner: Id


class LogisticsClaimFiled(_Claim, name="logistics_claim.filed", version=1):
    """The partner is asked to pay for the loss."""

    amount: Money
    reason: Id
    evidence_ref: str
    filed_at: datetime


class LogisticsClaimAccepted(_Claim, name="logistics_claim.accepted", version=1):
    """The partner owes us so much, at its value on that day."""

    amount: Money
    book_rate: Rate
    base: Money
    accepted_at: datetime


class LogisticsClaimSettled(_Claim, name="logistics_claim.settled", version=1):
    """The partner has paid `amount` of what it owes, `carried` in our books; `cash` is what the bank got (CNY),
    `fx` = carried − cash."""

    amount: Money
    carried: Money
    cash: Money
    fx: Money
    bank_entry_ref: str
    value_date: date


class LogisticsClaimDenied(_Claim, name="logistics_claim.denied", version=1):
    """The partner will not pay. What it had accepted before and not paid is our loss again (`reversed`, CNY)."""

    code: str
    reversed_amount: Money
    reversed: Money
    denied_at: datetime
