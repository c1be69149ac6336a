"""Orders: what was sold, at which list and reference price, to whom, through which channel."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.numbers import Units
from ledger.sealed import Sealed

ChannelType = Literal["post", "live_stream", "store"]
ChargeType = Literal["shipping", "tax"]
CancelledBy = Literal["buyer", "merchant", "platform", "system"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Channel(_Part):
    """Where in the content ecosystem the order came from (programme, statement 2); never affects money."""

    type: ChannelType
    content_id: Id | None = None
    creator_id: Id | None = None


class OrderLine(_Part):
    """`qty` units of one product at the merchant's fixed CNY price and the reference price the buyer was quoted.

    The titles are a snapshot of what the buyer was shown (statement 6). `source_price` is the unit price as an imported
    system gave it, in its own currency.
    """

    line_id: Id
    product_id: Id
    qty: Units
    unit_list: Money  # CNY
    unit_reference: Money  # buyer's currency
    title_source: str
    title_shown: str
    locale: str
    translation_version: str = ""
    source_price: Money | None = None

    @property
    def list_total(self) -> Money:
        return self.unit_list * self.qty

    @property
    def reference_total(self) -> Money:
        return self.unit_reference * self.qty


class PlacedLine(OrderLine):
    """A line as it was accepted, with the fee that its later release will take."""

    category_id: Id
    fee_rate_bps: int  # of the CNY list amount


class Charge(_Part):
    """A charge beside the goods, in the buyer's currency. Merchants never bear one (statements 10–13)."""

    type: ChargeType
    amount: Money
    borne_by: Literal["buyer", "platform"]
    source_amount: Money | None = None


class OrderPlaced(Event, name="order.placed", version=1):
    """A buyer has ordered from one merchant; list and reference prices are fixed from here on."""

    order_id: Id
    checkout_id: Id
    merchant_id: Id
    market: str  # ISO 3166 alpha-2 of the ship-to
    buyer_ref: Id
    ship_to_ref: Id
    ship_to: Sealed[dict[str, str]] | None = None
    channel: Channel
    lines: tuple[PlacedLine, ...]
    charges: tuple[Charge, ...]
    list_total: Money  # CNY: the sum over lines
    buyer_total: Money  # buyer's currency: lines at reference price and buyer-borne charges
    reference_rate: Rate
    fee_schedule_version: int
    after_sales_lock_version: int  # the version in force at placement governs the order (domain §2.3)
    promised_warehouse_by: datetime
    placed_at: datetime


class OrderConfirmed(Event, name="order.confirmed", version=1):
    """The buyer's total is captured and allocated; the merchant may dispatch."""

    order_id: Id
    payment_ids: tuple[Id, ...]
    confirmed_at: datetime


class OrderExpired(Event, name="order.expired", version=1):
    """The order was never paid and is closed."""

    order_id: Id
    reason: str


class OrderCancelled(Event, name="order.cancelled", version=1):
    """Every quantity of the order is cancelled."""

    order_id: Id
    reason: str
    by: CancelledBy
    cancelled_at: datetime


class OrderLineCancelled(Event, name="order.line_cancelled", version=1):
    """Some quantity of a line will not be delivered."""

    order_id: Id
    line_id: Id
    qty: int
    reason: str
    by: CancelledBy


class OrderDeliveryDetailsChanged(Event, name="order.delivery_details_changed", version=1):
    """The order goes to another address, a new version of the ship-to reference."""

    order_id: Id
    ship_to_ref: Id
    ship_to: Sealed[dict[str, str]] | None = None


class OrderCompleted(Event, name="order.completed", version=1):
    """All quantities are released to the merchant or refunded."""

    order_id: Id
    completed_at: datetime
