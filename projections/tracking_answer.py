"""What tracking answers: an order and its parcels in a buyer's words; no CNY amount, no fee, no partner's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger.events.milestones import ENDS, MILESTONES, Stage, place_on_the_way
from ledger.money import Money
from projections.tracked_refunds import RefundState

Option = Literal["unshipped", "return_refund", "not_received"]  # types of refund requests
Reason = Literal[
    "open", "not_paid", "nothing_to_send", "not_sent", "back_with_seller", "locked", "locked_until_signed",
    "under_review", "refunded", "window_closed",
]  # fmt: skip
_PROVEN_BY = ("dispatched", "received_at_warehouse", "departed")  # steps that any later one implies
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
    """What the buyer may ask for at an instant, and why not more.

    `lock_ends_at` is None where nothing but a signature ends the lock, `closes_at` where no end is set.
    """

    allowed: bool
    lock_ends_at: datetime | None
    options: tuple[Option, ...]
    reason: Reason = "open"
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackedRefund:
    """One after-sales case. Amounts are in the buyer's currency, None where that is the merchant's own."""

    refund_id: str
    type: str
    state: RefundState
    amount: Money | None
    paid: Money | None


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
    return_ends: tuple[tuple[datetime, datetime | None], ...] = ()  # by the windows' effect, the latest first
    came_from: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[str, ...]:
        """Steps nobody reported although a later one was (domain §4.3: recorded, the gap marked)."""
        reached = {entry.milestone for entry in self.timeline}
        furthest = max((place_on_the_way(word) for word in reached if MILESTONES[word].rank > 0), default=-1)
        return tuple(word for word in _PROVEN_BY if word not in reached and place_on_the_way(word) < furthest)

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
        if (reason := self._nothing_to_ask()) is not None:
            return AfterSales(False, None, (), reason)
        if self.lock_ends_at is None or now < self.lock_ends_at:
            return AfterSales(False, self.lock_ends_at, (), "locked" if self.lock_ends_at else "locked_until_signed")
        if not self.counts_as_signed:
            return AfterSales(True, None, ("not_received",))
        closes_at = next((end for effective_from, end in self.return_ends if effective_from <= now), None)
        if closes_at and now >= closes_at:
            return AfterSales(False, None, (), "window_closed", closes_at)
        return AfterSales(True, None, ("return_refund",), closes_at=closes_at)

    def _nothing_to_ask(self) -> Reason | None:
        if not self.has_left:
            return "back_with_seller" if self.milestone == _BACK_WITH_SELLER else "not_sent"
        if self.under_review:
            return "under_review"
        return "refunded" if all(item.qty <= item.refunded for item in self.items) else None


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
    refunds: tuple[TrackedRefund, ...]
    vector: dict[int, int]

    def after_sales(self) -> AfterSales:
        """What can be asked for units that were not sent: at any time, once they are paid."""
        if self.status != "confirmed":
            return AfterSales(False, None, (), "not_paid")
        left = [line for line in self.lines if line.unshipped]
        if any(not line.under_review for line in left):
            return AfterSales(True, None, ("unshipped",))
        return AfterSales(False, None, (), "under_review" if left else "nothing_to_send")
