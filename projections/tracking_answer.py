"""What tracking answers: an order and its parcels in a buyer's words; no CNY amount, no fee, no partner's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger.events.milestones import ENDS, MILESTONES, Stage, place_on_the_way
from ledger.money import Money
from ledger.policies.return_window import ReturnWindow
from projections.tracked_refunds import RefundState

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
    """`qty` units as ordered, under the title that was shown; `unshipped` of them can still be sent."""

    line_id: str
    title: str
    qty: int
    unshipped: int
    under_review: bool  # an after-sales case about the line is open
    disputed: bool  # at the card issuer


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
        """What can be asked for this parcel; requests are decided by the command, on what is known by then."""
        if (reason := self._nothing_to_ask()) is not None:
            return AfterSales(False, None, (), reason)
        if self.lock_ends_at is None or now < self.lock_ends_at:
            return AfterSales(False, self.lock_ends_at, (), "locked" if self.lock_ends_at else "locked_until_signed")
        signed_at = min((at for at in (self.proven_at, self.deemed_at) if at and at <= now), default=None)
        if signed_at is None:
            return AfterSales(True, None, ("not_received",))
        closes_at = self.return_window.closes_at(signed_at) if self.return_window else None
        if closes_at and now >= closes_at:
            return AfterSales(False, None, (), "window_closed", closes_at)
        proven = signed_at == self.proven_at
        options: tuple[Option, ...] = ("return_refund",) if proven else ("return_refund", "not_received")
        return AfterSales(True, None, options, closes_at=closes_at)

    def _nothing_to_ask(self) -> Reason | None:
        if not self.paid:
            return "not_paid"
        if not self.has_left:
            return "back_with_seller" if self.milestone == _BACK_WITH_SELLER else "not_sent"
        if self.disputed:
            return "disputed"
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
        if any(not (line.under_review or line.disputed) for line in left):
            return AfterSales(True, None, ("unshipped",))
        if any(line.disputed for line in left):
            return AfterSales(False, None, (), "disputed")
        return AfterSales(False, None, (), "under_review" if left else "nothing_to_send")
