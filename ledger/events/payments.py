"""Payments: the buyer's money at the provider, from authorisation to its allocation to an order."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.events.event import Event, is_absent
from ledger.events.orders import ChargeType
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _Payment(Event):
    """What every payment event names."""

    merchant_id: Id
    order_id: Id
    payment_id: Id
    psp: Id


class PaymentInitiated(_Payment, name="payment.initiated", version=1):
    """The buyer has begun to pay."""

    psp_ref: str
    amount: Money


class PaymentAuthorized(_Payment, name="payment.authorized", version=1):
    """The issuer holds the amount for us until `expires_at`."""

    psp_ref: str
    amount: Money
    expires_at: datetime | None = None


class PaymentDeclined(_Payment, name="payment.declined", version=1):
    """The issuer or provider said no; nothing is held."""

    psp_ref: str
    amount: Money
    code: str


class PaymentAuthorizationExpired(_Payment, name="payment.authorization_expired", version=1):
    """The hold has lapsed; a later capture may fail."""

    psp_ref: str
    amount: Money
    expires_at: datetime


class PaymentVoided(_Payment, name="payment.voided", version=1):
    """The authorisation is given back uncaptured."""

    psp_ref: str
    amount: Money
    code: str
    happened_at: datetime


class PaymentCaptured(_Payment, name="payment.captured", version=1):
    """The provider took the buyer's money and owes it to us.

    `capture_ref` is the provider's own; the orders of one checkout may share it, each with its part of the money. A
    provider may capture an authorisation in several steps under one name: each step is such an event, with its amount.
    `shown_by` is the settlement batch that shows it, where the provider never reported it.
    """

    capture_ref: Id
    psp_ref: str
    captured_at: datetime
    amount: Money  # buyer's currency
    book_rate: Rate  # CNY per unit of it, on the capture day
    base: Money  # amount × book_rate, in CNY
    source_amount: Money | None = None  # as an imported system gave it
    shown_by: str | None = Field(default=None, exclude_if=is_absent)


class AllocatedPart(BaseModel):
    """What one capture gives to the order, at the base it is carried at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payment_id: Id
    capture_ref: Id
    psp: Id
    amount: Money
    base: Money


class AllocatedCharge(BaseModel):
    """A buyer-paid charge and its share of the captured base.

    What goes back of tax that was paid on as duty already is `duty`: the platform bears it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ChargeType | Literal["duty"]
    amount: Money
    base: Money


class AllocatedLine(BaseModel):
    """What a line's quantities are worth to the merchant, cost the buyer, and are carried at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: int
    list_amount: Money  # CNY
    amount: Money
    base: Money


class PaymentAllocated(Event, name="payment.allocated", version=1):
    """The captured money belongs to the order: the merchant's list price is pending, the rest is the platform's.

    `goods_base` = Σ lines.base; `margin` = goods_base − list_total (4210, positive is a gain).
    Σ parts.base = goods_base + Σ charges.base.
    """

    merchant_id: Id
    order_id: Id
    market: str
    amount: Money
    parts: tuple[AllocatedPart, ...]
    lines: tuple[AllocatedLine, ...]
    list_total: Money
    goods_base: Money
    charges: tuple[AllocatedCharge, ...]
    margin: Money


class OwedRefund(BaseModel):
    """A refund that was owed already, and that nobody needs to pay any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refund_id: Id
    amount: Money
    carried: Money  # CNY


class PaymentCaptureFailed(_Payment, name="payment.capture_failed", version=1):
    """A capture that was recorded turned out not to have happened.

    Where it was allocated and nothing was dispatched, the allocation is undone too; after dispatch or release the
    platform bears it (P26). The event holds what is undone, with the signs of the original entry. `unallocated` is the
    part of the capture that stands in 2220 once that is done. Refunds that no provider was asked to pay yet are `owed`
    no more to a buyer who never paid, with `fx` between what they and the capture stood at; the platform bears the
    rest.
    """

    capture_ref: Id
    code: str
    amount: Money
    base: Money
    unallocated: Money
    unallocated_base: Money
    borne_by_platform: bool
    owed: tuple[OwedRefund, ...]
    fx: Money
    undone: PaymentAllocated | None = None
