"""What tracking answers: an order and its parcels in a buyer's words; no CNY amount, no fee, no partner's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger.events.milestones import ENDS, Stage

Option = Literal["unshipped", "return_refund", "not_received"]  # types of refund requests
_BACK_WITH_SELLER = "rejected_at_warehouse"


@dataclass(frozen=True, slots=True)
class TrackedLine:
    """`qty` units as ordered, under the title that was shown; `unshipped` of them can still be sent."""

    line_id: str
    title: str
    qty: int
    unshipped: int
    under_review: bool  # an after-sales case about the line is open


@dataclass(frozen=True, slots=True)
class TrackedItem:
    """Units in a parcel, and how many of them were refunded since it left."""

    line_id: str
    title: str
    qty: int
    refunded: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One fact, in the reader's words."""

    milestone: str
    stage: Stage
    text: str
    happened_at: datetime
    location: str


@dataclass(frozen=True, slots=True)
class AfterSales:
    """What the buyer may ask for at an instant. `lock_ends_at` is None where nothing but a signature ends the lock."""

    allowed: bool
    lock_ends_at: datetime | None
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class ParcelTracking:
    """One parcel: where it is, since when, and everything that happened on its way, by when it happened."""

    parcel_id: str
    items: tuple[TrackedItem, ...]
    stage: Stage
    milestone: str
    text: str
    occurred_at: datetime
    location: str
    dispatched_at: datetime | None
    received_at_warehouse: datetime | None
    export_released_at: datetime | None
    departed_at: datetime | None
    signed_at: datetime | None
    evidence_kind: str | None
    under_review: bool
    timeline: tuple[TimelineEntry, ...]
    promised_by: datetime | None = None  # to be at the warehouse
    lock_ends_at: datetime | None = None
    counts_as_signed: bool = False

    @property
    def has_left(self) -> bool:
        """Whether it is out of the seller's hands, by any fact."""
        facts = (self.dispatched_at, self.received_at_warehouse, self.departed_at)
        return self.milestone != _BACK_WITH_SELLER and (self.milestone in ENDS or any(facts))

    def is_late(self, now: datetime) -> bool:
        """Whether it missed, or is missing, the promised time at the warehouse."""
        reached_at = self.received_at_warehouse or now
        return self.promised_by is not None and reached_at > self.promised_by

    def after_sales(self, now: datetime) -> AfterSales:
        """What can be asked for this parcel; requests are decided by the command, on what is known by then."""
        if not self.has_left or self.under_review or all(item.qty <= item.refunded for item in self.items):
            return AfterSales(False, None, ())
        if self.lock_ends_at is None or now < self.lock_ends_at:
            return AfterSales(False, self.lock_ends_at, ())
        return AfterSales(True, None, ("return_refund",) if self.counts_as_signed else ("not_received",))


@dataclass(frozen=True, slots=True)
class OrderTracking:
    """One order with its parcels, and the positions of the books it was read at. Holds no CNY amount and no partner."""

    order_id: str
    merchant: str
    buyer_ref: str
    market: str
    status: str
    text: str
    placed_at: datetime | None
    promised_by: datetime | None
    lines: tuple[TrackedLine, ...]
    parcels: tuple[ParcelTracking, ...]
    vector: dict[int, int]

    def after_sales(self) -> AfterSales:
        """What can be asked for units that were not sent: at any time, once they are paid."""
        free = any(line.unshipped and not line.under_review for line in self.lines)
        allowed = self.status == "confirmed" and free
        return AfterSales(allowed, None, ("unshipped",) if allowed else ())
