"""Claims against logistics partners for parcels that were lost or damaged (P16)."""

from __future__ import annotations

from datetime import date, datetime

from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _Claim(Event):
    """Fields of every claim event."""

    merchant_id: Id
    order_id: Id
    parcel_id: Id
    claim_id: Id
    partner: Id


class LogisticsClaimFiled(_Claim, name="logistics_claim.filed", version=1):
    """We have asked the partner to pay `amount` for the loss or damage."""

    amount: Money
    reason: Id
    evidence_ref: str
    filed_at: datetime


class LogisticsClaimAccepted(_Claim, name="logistics_claim.accepted", version=1):
    """The partner owes us `amount`. `base` is its CNY value at `book_rate`, the rate of the day."""

    amount: Money
    book_rate: Rate
    base: Money
    accepted_at: datetime


class LogisticsClaimSettled(_Claim, name="logistics_claim.settled", version=1):
    """The partner has paid `amount` of the claim.

    `carried` is its CNY value in 1210, `cash` is what the bank received in CNY, and `fx` = carried − cash (a loss is
    positive).
    """

    amount: Money
    carried: Money
    cash: Money
    fx: Money
    bank_entry_ref: str
    value_date: date


class LogisticsClaimDenied(_Claim, name="logistics_claim.denied", version=1):
    """The partner will not pay.

    `reversed_amount` is the part that it had accepted and not paid, in the currency of the claim; `reversed` is the CNY
    value of that part. The platform bears it again.
    """

    code: str
    reversed_amount: Money
    reversed: Money
    denied_at: datetime
