"""What tracking answers: an order and its parcels in a buyer's words; no CNY amount, no fee, no partner's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger.events.milestones import ENDS, MILESTONES, Stage, place_on_the_way
from ledger.money import Money
from ledger.policies.return_window import ReturnWindow
from projections.tracking.tracked_refunds import RefundState

Option = Literal["unshipped", "return_refund", "not_received"]  # types of refund requests
Reason = Literal[
    "open", "not_paid", "nothing_to_send", "not_sent", "back_with_seller", "locked", "locked_until_signed",
    "under_review", "disputed", "refunded", "window_closed",
]  # fmt: skip
Headline = Literal[
    "unplaced", "placed", "expired", "cancelled", "confirmed", "partly_sent", "on_its_way", "partly_delivered",
    "delivered", "returned_to_sender", "problem", "refunded",
]  # fmt: skip
_PROVEN_BY = ("dispatched", "received_at_warehouse", "departed")  # steps that any later one implies
_BACK_WITH_SELLER = "rejected_at_warehouse"
_NEVER_CAME = (
    "rejected_at_warehouse",
    "damaged",
    "lost",
    "destroyed",
    "returning_to_sender",
    "returned_to_sender",
)  # it may be before it came
_PROVE_THE_RECEIPT = frozenset(
    word
    for word, milestone in MILESTONES.items()
    if milestone.rank >= MILESTONES["received_at_warehouse"].rank and word not in _NEVER_CAME
)


@dataclass(frozen=True, slots=True)
class TrackedLine:
    """`qty` units as ordered, under the title that was shown; `unshipped` of them can still be sent, and of those no
    case or dispute is about `free`."""

    line_id: str
    title: str
    qty: int
    unshipped: int
    free: int
    under_review: bool  # an after-sales case about units of the line is open
    disputed: bool  # some are, at the card issuer


@dataclass(frozen=True, slots=True)
class TrackedItem:
    """Units in a parcel: how many of them were refunded since it left, how many a case or a dispute is about, and how
    many are `free` of both. Units that were refunded may be under review until they are back."""

    line_id: str
    title: str
    qty: int
    refunded: int
    under_review: int = 0
    disputed: int = 0
    free: int = 0


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
    """What the buyer may ask for at an instant, for how many units, and why not more.

    `lock_ends_at` is None where nothing but a signature ends the lock, `closes_at` where no end is set.
    """

    allowed: bool
    lock_ends_at: datetime | None
    options: tuple[Option, ...]
    reason: Reason = "open"
    closes_at: datetime | None = None
    qty: int = 0


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
    disputed: bool
    timeline: tuple[TimelineEntry, ...]
    paid: bool = True  # the order is, and stands
    promised_by: datetime | None = None  # to be at the warehouse
    lock_ends_at: datetime | None = None
    proven_at: datetime | None = None  # signed for, by a proof that the order's lock counts
    deemed_at: datetime | None = None  # deemed signed for without one, where the lock says so
    return_window: ReturnWindow | None = None  # in force when the order was placed
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
        beyond = [e.happened_at for e in self.timeline if e.milestone in _PROVE_THE_RECEIPT and e.happened_at <= now]
        return self.promised_by is not None and min(beyond, default=now) > self.promised_by

    def after_sales(self, now: datetime) -> AfterSales:
        """What can be asked for units of this parcel; requests are decided by the command, on what is known by then."""
        if free := sum(item.free for item in self.items):
            return self._of(free, now)
        return AfterSales(False, None, (), self._standing() or self._why_nothing(self.items))

    def after_sales_of(self, item: TrackedItem, now: datetime) -> AfterSales:
        """The same for the units of one line."""
        return self._of(item.free, now) if item.free else AfterSales(False, None, (), self._why_nothing([item]))

    def _of(self, qty: int, now: datetime) -> AfterSales:
        if (reason := self._standing()) is not None:
            return AfterSales(False, None, (), reason)
        if self.lock_ends_at is None or now < self.lock_ends_at:
            return AfterSales(False, self.lock_ends_at, (), "locked" if self.lock_ends_at else "locked_until_signed")
        signed_at = min((at for at in (self.proven_at, self.deemed_at) if at and at <= now), default=None)
        if signed_at is None:
            return AfterSales(True, None, ("not_received",), qty=qty)
        closes_at = self.return_window.closes_at(signed_at) if self.return_window else None
        if closes_at and now >= closes_at:
            return AfterSales(False, None, (), "window_closed", closes_at)
        proven = signed_at == self.proven_at
        options: tuple[Option, ...] = ("return_refund",) if proven else ("return_refund", "not_received")
        return AfterSales(True, None, options, closes_at=closes_at, qty=qty)

    def _standing(self) -> Reason | None:
        """Why nothing of the parcel can be asked for, whatever becomes of its units; None where something can."""
        if not self.paid:
            return "not_paid"
        if not self.has_left:
            return "back_with_seller" if self.milestone == _BACK_WITH_SELLER else "not_sent"
        return None

    def _why_nothing(self, items: Sequence[TrackedItem]) -> Reason:
        if (reason := self._standing()) is not None:
            return reason
        if any(item.disputed for item in items):
            return "disputed"
        return "under_review" if any(item.under_review for item in items) else "refunded"


@dataclass(frozen=True, slots=True)
class OrderTracking:
    """One order with its parcels, and the positions of the books it was read at. Holds no CNY amount and no partner."""

    order_id: str
    merchant: str
    buyer_ref: str
    market: str
    status: str  # of its payment: unplaced, placed, confirmed, expired, cancelled
    headline: Headline  # of all of it
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
        if free := sum(line.free for line in left):
            return AfterSales(True, None, ("unshipped",), qty=free)
        if any(line.disputed for line in left):
            return AfterSales(False, None, (), "disputed")
        return AfterSales(False, None, (), "under_review" if left else "nothing_to_send")
