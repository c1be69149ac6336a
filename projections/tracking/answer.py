"""The answer to tracking: an order and its parcels in the buyer's words, without CNY amounts, fees and partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger.deadlines import NEVER
from ledger.events.milestones import ENDS, MILESTONES, Stage, place_on_the_way
from ledger.folds.after_sales import UnitLock
from ledger.folds.parcel import BACK_WITH_MERCHANT
from ledger.folds.request_types import REQUEST_TYPES, RequestType, request_types
from ledger.money import Money
from ledger.policies.return_window import ReturnWindow
from projections.tracking.tracked_refunds import RefundState

Reason = Literal[
    "open", "not_paid", "nothing_to_send", "not_sent", "back_with_seller", "locked", "locked_until_signed",
    "under_review", "disputed", "refunded", "window_closed",
]  # fmt: skip
Headline = Literal[
    "unplaced", "placed", "expired", "cancelled", "confirmed", "partly_sent", "on_its_way", "partly_delivered",
    "delivered", "returned_to_sender", "problem", "refunded",
]  # fmt: skip
_PROVEN_BY = ("dispatched", "received_at_warehouse", "departed")  # steps that any later step implies
_NEVER_CAME = (
    "rejected_at_warehouse",
    "damaged",
    "lost",
    "destroyed",
    "returning_to_sender",
    "returned_to_sender",
)  # these may come before the receipt at the warehouse
_PROVE_THE_RECEIPT = frozenset(
    word
    for word, milestone in MILESTONES.items()
    if milestone.rank >= MILESTONES["received_at_warehouse"].rank and word not in _NEVER_CAME
)


@dataclass(frozen=True, slots=True)
class TrackedLine:
    """One line with its quantity and the title shown. `unshipped` units can still be sent.

    `free` of them are in no after-sales case and no dispute.
    """

    line_id: str
    title: str
    qty: int
    unshipped: int
    free: int
    under_review: bool  # units of the line are in an open after-sales case
    disputed: bool  # units of the line are disputed at the card issuer


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """Units of one line in a parcel: those refunded since dispatch, in a case, in a dispute, and `free` of both.

    Refunded units may be under review until they are back.
    """

    line_id: str
    title: str
    qty: int
    refunded: int
    under_review: int = 0
    disputed: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class TrackedItem(ItemFacts):
    """Units of one line in a parcel, with their after-sales lock; None if the units have not left."""

    lock: UnitLock | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One fact of a parcel in the reader's words."""

    milestone: str
    stage: Stage
    text: str
    happened_at: datetime
    location: str


@dataclass(frozen=True, slots=True)
class AfterSales:
    """The after-sales services that the buyer may request at an instant, for how many units, and why no more.

    `lock_ends_at` is None if only a signature ends the lock. `closes_at` is None if there is no end.
    """

    allowed: bool
    lock_ends_at: datetime | None
    options: tuple[RequestType, ...]
    reason: Reason = "open"
    closes_at: datetime | None = None
    qty: int = 0


@dataclass(frozen=True, slots=True)
class TrackedRefund:
    """One after-sales case. Amounts are in the buyer's currency, or None if they are in the merchant's (CNY)."""

    refund_id: str
    type: str
    state: RefundState
    amount: Money | None
    paid: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFacts:
    """One parcel: its place, since when, and all facts of its way in order of time."""

    parcel_id: str
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
    disputed: bool
    timeline: tuple[TimelineEntry, ...]
    promised_by: datetime | None = None  # the promised time of arrival at the warehouse
    lock_ends_at: datetime | None = None  # of its last units
    came_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelTracking(ParcelFacts):
    """One parcel with its units, and with what its after-sales services are computed from."""

    items: tuple[TrackedItem, ...]
    paid: bool = True  # true if the order is paid and was not cancelled
    return_window: ReturnWindow | None = None  # in force when the order was placed

    @property
    def gaps(self) -> tuple[str, ...]:
        """The steps that nobody reported although a later one was (domain §4.3)."""
        reached = {entry.milestone for entry in self.timeline}
        furthest = max((place_on_the_way(word) for word in reached if MILESTONES[word].rank > 0), default=-1)
        return tuple(word for word in _PROVEN_BY if word not in reached and place_on_the_way(word) < furthest)

    @property
    def has_left(self) -> bool:
        """True if any fact shows that the parcel has left the seller and is not back."""
        facts = (self.dispatched_at, self.received_at_warehouse, self.departed_at)
        return self.milestone != BACK_WITH_MERCHANT and (self.milestone in ENDS or any(facts))

    def is_late(self, now: datetime) -> bool:
        """True if the parcel missed the promised time at the warehouse, or misses it now."""
        beyond = [e.happened_at for e in self.timeline if e.milestone in _PROVE_THE_RECEIPT and e.happened_at <= now]
        return self.promised_by is not None and min(beyond, default=now) > self.promised_by

    def after_sales(self, now: datetime) -> AfterSales:
        """Returns the services for units of this parcel. The command decides each request on its own."""
        offers = [self.after_sales_of(item, now) for item in self.items if item.free]
        return _together(offers) if offers else AfterSales(False, None, (), self._why_nothing(self.items))

    def after_sales_of(self, item: TrackedItem, now: datetime) -> AfterSales:
        """Returns the services for the units of one line in this parcel."""
        if self._standing() is not None or not item.free:
            return AfterSales(False, None, (), self._why_nothing([item]))
        ends_at = item.lock.ends_at if item.lock else None
        if item.lock is None or item.lock.is_locked(now):
            return AfterSales(False, ends_at, (), "locked" if ends_at else "locked_until_signed")
        types = request_types(item.lock, self.return_window, now)
        if not types.offered:
            return AfterSales(False, None, (), "window_closed", types.closes_at)
        return AfterSales(True, None, types.offered, closes_at=types.closes_at, qty=item.free)

    def _standing(self) -> Reason | None:
        """Returns the reason why nothing of the parcel can be requested, or None."""
        if not self.paid:
            return "not_paid"
        if not self.has_left:
            return "back_with_seller" if self.milestone == BACK_WITH_MERCHANT else "not_sent"
        return None

    def _why_nothing(self, items: Sequence[TrackedItem]) -> Reason:
        if (reason := self._standing()) is not None:
            return reason
        if any(item.disputed for item in items):
            return "disputed"
        return "under_review" if any(item.under_review for item in items) else "refunded"


def _together(offers: Sequence[AfterSales]) -> AfterSales:
    """Returns the services for several kinds of units: all that are open, or else the lock that ends first."""
    if open_ := [offer for offer in offers if offer.allowed]:
        options = tuple(option for option in REQUEST_TYPES if any(option in offer.options for offer in open_))
        closes_at = min((offer.closes_at for offer in open_ if offer.closes_at), default=None)
        return AfterSales(True, None, options, closes_at=closes_at, qty=sum(offer.qty for offer in open_))
    locked = [offer for offer in offers if offer.lock_ends_at is not None]
    return min(locked, key=lambda offer: offer.lock_ends_at or NEVER, default=offers[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """One order as its buyer sees it. Has no CNY amount and no partner."""

    order_id: str
    merchant: str
    market: str
    status: str  # of its payment: unplaced, placed, confirmed, expired, cancelled
    headline: Headline  # of the whole order
    text: str
    placed_at: datetime | None
    promised_by: datetime | None
    lines: tuple[TrackedLine, ...]
    refunds: tuple[TrackedRefund, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTracking(OrderFacts):
    """One order with its buyer and its parcels, and the positions of the books it was read at."""

    buyer_ref: str
    parcels: tuple[ParcelTracking, ...]
    vector: dict[int, int]

    def after_sales(self) -> AfterSales:
        """Returns the services for unsent units, which can be requested at any time after payment."""
        if self.status != "confirmed":
            return AfterSales(False, None, (), "not_paid")
        left = [line for line in self.lines if line.unshipped]
        if free := sum(line.free for line in left):
            return AfterSales(True, None, ("unshipped",), qty=free)
        if any(line.disputed for line in left):
            return AfterSales(False, None, (), "disputed")
        return AfterSales(False, None, (), "under_review" if left else "nothing_to_send")
