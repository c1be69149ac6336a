"""Parses a row of each source table: reais become integer centavos, times become UTC instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from ledger.money import Money

BRL = "BRL"
SOURCE_ZONE = ZoneInfo("America/Sao_Paulo")  # the tables have local times without a zone


class Table(StrEnum):
    """The file names of a folder, without endings."""

    ORDERS = "orders"
    ITEMS = "order_items"
    PAYMENTS = "order_payments"
    CUSTOMERS = "customers"
    SELLERS = "sellers"
    PRODUCTS = "products"
    CATEGORIES = "product_category_name_translation"


@dataclass(frozen=True, slots=True)
class Row:
    """The place of a row; line 1 is the header."""

    table: Table
    line: int

    def __str__(self) -> str:
        return f"{self.table}:{self.line}"


@dataclass(frozen=True, slots=True)
class SourceOrder:
    """One checkout of one customer with one or more sellers."""

    row: Row
    order_id: str
    customer_id: str
    status: str
    purchased_at: datetime
    approved_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    estimated_at: datetime | None

    @property
    def is_delivered(self) -> bool:
        return self.status == "delivered"

    @property
    def is_cancelled(self) -> bool:
        """Returns True if the goods will not come: cancelled or unavailable."""
        return self.status in ("canceled", "unavailable")

    @property
    def day(self) -> date:
        """Returns the local day of the purchase, whose rates price the order."""
        return self.purchased_at.astimezone(SOURCE_ZONE).date()

    @property
    def known_times(self) -> list[datetime]:
        """Returns every instant of a fact of the order. The estimated delivery is not a fact."""
        times = (self.purchased_at, self.approved_at, self.handed_over_at, self.delivered_at)
        return [time for time in times if time is not None]

    @property
    def first_known_at(self) -> datetime:
        return min(self.known_times)

    @property
    def last_known_at(self) -> datetime:
        return max(self.known_times)

    @property
    def paid_at(self) -> datetime:
        """Returns the instant of the captures: the approval, else the purchase."""
        return self.approved_at or self.purchased_at


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One unit of one product from one seller."""

    row: Row
    order_id: str
    item_no: int
    product_id: str
    seller_id: str
    ship_by: datetime
    price: Money
    freight: Money


@dataclass(frozen=True, slots=True)
class SourcePayment:
    """One payment of an order."""

    row: Row
    order_id: str
    sequential: int
    type: str
    instalments: int
    value: Money


@dataclass(frozen=True, slots=True)
class SourceCustomer:
    """The customer of one order; `unique_id` identifies the person over several orders."""

    row: Row
    customer_id: str
    unique_id: str


@dataclass(frozen=True, slots=True)
class SourceSeller:
    row: Row
    seller_id: str


@dataclass(frozen=True, slots=True)
class SourceProduct:
    """A product. `category` is the marketplace's Portuguese name; it may be ""."""

    row: Row
    product_id: str
    category: str


@dataclass(frozen=True, slots=True)
class SourceCategory:
    row: Row
    name: str
    english: str
