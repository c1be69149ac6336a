"""Payments: the buyer's money at the provider, from authorisation to allocation to an order."""

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
    """Fields of every payment event."""

    merchant_id: Id
    order_id: Id
    payment_id: Id
    psp: Id


class PaymentInitiated(_Payment, name="payment.initiated", version=1):
    """The buyer has begun to pay."""

    psp_ref: str
    amount: Money


class PaymentAuthorized(_Payment, name="payment.authorized", version=1):
    """The card issuer reserves `amount` for us until `expires_at`."""

    psp_ref: str
    amount: Money
    expires_at: datetime | None = None


class PaymentDeclined(_Payment, name="payment.declined", version=1):
    """The issuer or the provider has declined the payment. Nothing is reserved or captured."""

    psp_ref: str
    amount: Money
    code: str


class PaymentAuthorizationExpired(_Payment, name="payment.authorization_expired", version=1):
    """The authorisation has lapsed. A later capture may fail."""

    psp_ref: str
    amount: Money
    expires_at: datetime


class PaymentVoided(_Payment, name="payment.voided", version=1):
    """The authorisation, or the rest of it, is given back without a capture."""

    psp_ref: str
    amount: Money
    code: str
    happened_at: datetime


class PaymentCaptured(_Payment, name="payment.captured", version=1):
    """The provider has taken the buyer's money and owes it to us.

    `capture_ref` is the provider's. Orders of one checkout may share it, each with its part of the money. A provider
    may capture in several steps under one `capture_ref`; each step is one event with its own amount. `amount` is in the
    buyer's currency; `base` is `amount` × `book_rate` in CNY. `source_amount` is the amount of an imported system.
    `shown_by` is a settlement batch, if the provider never reported the capture and only the batch shows it.
    """

    capture_ref: Id
    psp_ref: str
    captured_at: datetime
    amount: Money  # buyer's currency
    book_rate: Rate  # CNY for one unit of `amount`, on the capture day
    base: Money  # amount × book_rate, in CNY
    source_amount: Money | None = None  # as an imported system gave it
    shown_by: str | None = Field(default=None, exclude_if=is_absent)


class AllocatedPart(BaseModel):
    """The part of one capture that is allocated to the order. `base` is its carried value in CNY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payment_id: Id
    capture_ref: Id
    psp: Id
    amount: Money
    base: Money


class AllocatedCharge(BaseModel):
    """A charge that the buyer paid, and its share of the captured base in CNY.

    The type `duty` is tax that is given back to the buyer after it was paid on as duty. The platform bears it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ChargeType | Literal["duty"]
    amount: Money
    base: Money


class AllocatedLine(BaseModel):
    """The money of a line: list price in CNY, price in the buyer's currency, and its share of the base in CNY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: int
    list_amount: Money  # CNY
    amount: Money
    base: Money


class PaymentAllocated(Event, name="payment.allocated", version=1):
    """The captured money belongs to the order. The merchant's list price is pending; the rest is the platform's.

    `list_total`, `goods_base` and `margin` are CNY. `goods_base` = Σ lines.base; `margin` = goods_base − list_total
    (4210, a gain is positive). Σ parts.base = goods_base + Σ charges.base.
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
    """A refund that was owed to the buyer, and whose liability is extinguished. `carried` is its CNY value in 2210."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refund_id: Id
    amount: Money
    carried: Money  # CNY


class PaymentCaptureFailed(_Payment, name="payment.capture_failed", version=1):
    """A recorded capture did not happen, or the provider has taken it back.

    If the capture was allocated and nothing was dispatched, the allocation is undone too: `undone` is the allocation,
    and its entry is reversed. After dispatch or release the platform bears the capture (P26). `unallocated` is the part
    of the capture that stands in 2220 after that; it leaves 2220. `owed` are refunds that no provider was asked to pay
    yet: their liability is extinguished, because the buyer never paid. `fx` is the difference between their carried
    value and that of the capture, in CNY. The platform bears the rest.
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
