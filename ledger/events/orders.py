"""Orders: the products sold, their list and reference prices, the buyer and the channel."""

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
    """The place in the content ecosystem that the order came from (programme, statement 2). It never affects money."""

    type: ChannelType
    content_id: Id | None = None
    creator_id: Id | None = None


class OrderLine(_Part):
    """`qty` units of one product, at the merchant's fixed price in CNY and the price that the buyer was quoted.

    `title_source` and `title_shown` are copies of the product's title and of the translation that the buyer saw
    (statement 6). `source_price` is the unit price of an imported system, in that system's currency.
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
    """A line as it was accepted, with the rate of the service fee in basis points of the list price."""

    category_id: Id
    fee_rate_bps: int  # basis points of the list amount


class Charge(_Part):
    """A charge beside the goods, in the buyer's currency. A merchant never bears one (statements 10–13).

    `source_amount` is the amount of an imported system, in that system's currency.
    """

    type: ChargeType
    amount: Money
    borne_by: Literal["buyer", "platform"]
    source_amount: Money | None = None


class OrderPlaced(Event, name="order.placed", version=1):
    """A buyer has ordered from one merchant. List and reference prices are fixed from here on.

    `list_total` is the sum over lines in CNY. `buyer_total` is the lines at reference price and the charges that the
    buyer bears, in the buyer's currency. `reference_rate` is the rate of the quote. The two versions name the policies
    that hold for this order. The goods are promised to the transfer warehouse by `promised_warehouse_by`.
    """

    order_id: Id
    checkout_id: Id
    merchant_id: Id
    market: str  # destination country, ISO 3166-1 alpha-2
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
    """The buyer's total is captured and allocated. The merchant may dispatch."""

    order_id: Id
    payment_ids: tuple[Id, ...]
    confirmed_at: datetime


class OrderExpired(Event, name="order.expired", version=1):
    """The order was not paid in time and is closed."""

    order_id: Id
    reason: str


class OrderCancelled(Event, name="order.cancelled", version=1):
    """All units of the order are cancelled."""

    order_id: Id
    reason: str
    by: CancelledBy
    cancelled_at: datetime


class OrderLineCancelled(Event, name="order.line_cancelled", version=1):
    """`qty` units of a line are cancelled and will not be delivered."""

    order_id: Id
    line_id: Id
    qty: int
    reason: str
    by: CancelledBy


class OrderDeliveryDetailsChanged(Event, name="order.delivery_details_changed", version=1):
    """The order goes to another address. `ship_to_ref` is the new version of the reference."""

    order_id: Id
    ship_to_ref: Id
    ship_to: Sealed[dict[str, str]] | None = None


class OrderCompleted(Event, name="order.completed", version=1):
    """All units are released to the merchant or refunded."""

    order_id: Id
    completed_at: datetime
