"""After-sales services for sent goods: applies the after-sales lock (20 days) to the units of each parcel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands.rules import Rules
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.streams.orders.order import Order
from ledger.streams.orders.parcels import Journey
from ledger.streams.units.units import OrderUnits


@dataclass(frozen=True, slots=True)
class Sent:
    """Free units of a line in one parcel: not refunded, and in no case or dispute.

    `lock_ends_at` is None if it is not known. `deemed` is true if the signature has no evidence that the lock accepts.
    """

    line_id: str
    parcel_id: str
    qty: int
    signed_at: datetime | None
    deemed: bool
    locked: bool
    lock_ends_at: datetime | None


def lock_of(order: Order, rules: Rules) -> AfterSalesLock:
    """Returns the lock in force when the order was placed (domain §2.3)."""
    assert order.placed is not None, "the lock is stamped on a placed order"
    return rules.policy_version(AfterSalesLock, order.placed.after_sales_lock_version)


def sent(
    order: Order, units: OrderUnits, line_id: str, lock: AfterSalesLock, *, at: datetime, binding: bool = True
) -> list[Sent]:
    """Returns the line's free units that have left, signed ones first. Without `binding`, no unit is locked."""
    found = []
    for journey in order.parcels.journeys(line_id):
        qty = units.at(line_id, journey.parcel_id).free
        if journey.has_left and qty > 0:
            ends_at = _lock_ends_at(order, journey, lock)
            way = _way(order, journey, lock)
            signed_at = lock.signed_by(way, at)
            found.append(
                Sent(
                    line_id=line_id,
                    parcel_id=journey.parcel_id,
                    qty=qty,
                    signed_at=signed_at,
                    deemed=signed_at is not None and (way.signed_at != signed_at or way.evidence_kind is None),
                    locked=binding and (ends_at is None or at < ends_at),
                    lock_ends_at=ends_at,
                )
            )
    return sorted(found, key=lambda units: (units.signed_at is None, units.parcel_id))


def opens_at(units: Sequence[Sent], qty: int) -> datetime | None:
    """Returns when `qty` of these units (or all, if fewer) are unlocked, or None if that is not known."""
    ends = sorted(((part.lock_ends_at, part.qty) for part in units if part.locked and part.lock_ends_at), key=_by_end)
    missing = qty - sum(part.qty for part in units if not part.locked)
    for end, there in ends:
        missing -= there
        if missing <= 0:
            return end
    return None if any(part.locked and part.lock_ends_at is None for part in units) else max(ends, key=_by_end)[0]


def _by_end(part: tuple[datetime, int]) -> datetime:
    return part[0]


def _way(order: Order, journey: Journey, lock: AfterSalesLock) -> Journey:
    """Returns the journey with its first signature that the lock accepts, if it has a signature that it does not."""
    parcel = order.parcels.of(journey.parcel_id)
    if journey.evidence_kind is None or lock.accepts(journey.evidence_kind) or parcel is None:
        return journey
    counts = [s for s in parcel.counted_signatures if s.evidence_kind is None or lock.accepts(s.evidence_kind)]
    first = min(counts, key=lambda signature: signature.signed_at, default=None)
    if first is None:
        return journey
    signed_at = parcel.counts_from("signed_for", first.signed_at)
    return replace(journey, signed_at=signed_at, evidence_kind=first.evidence_kind)


def _lock_ends_at(order: Order, journey: Journey, lock: AfterSalesLock) -> datetime | None:
    if lock.scope == "parcel_line":
        return lock.ends_for(_way(order, journey, lock), carrier_proves=lock.proves(journey.carrier))
    ends = [
        lock.ends_for(_way(order, other, lock), carrier_proves=lock.proves(other.carrier)) for other in _all_sent(order)
    ]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _all_sent(order: Order) -> Iterator[Journey]:
    for line_id in order.lines:
        yield from (journey for journey in order.parcels.journeys(line_id) if journey.has_left)
