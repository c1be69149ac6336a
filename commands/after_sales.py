"""What after-sales a buyer may ask for once goods have left: the 20-day sentence applied to each parcel's units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from commands.rules import Rules
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.streams.order import Order
from ledger.streams.order_quantities import has_left
from ledger.streams.parcels import Journey


@dataclass(frozen=True, slots=True)
class Sent:
    """Units of a line in one parcel that are neither refunded nor asked for. `lock_ends_at` is None while unknown."""

    line_id: str
    parcel_id: str
    qty: int
    signed_at: datetime | None
    locked: bool
    lock_ends_at: datetime | None


def lock_of(order: Order, rules: Rules) -> AfterSalesLock:
    """The version in force when the order was placed (domain §2.3)."""
    assert order.placed is not None, "the lock is stamped on a placed order"
    return rules.policy_version(AfterSalesLock, order.placed.after_sales_lock_version)


def sent(order: Order, line_id: str, lock: AfterSalesLock, *, at: datetime, binding: bool = True) -> list[Sent]:
    """The line's units that have left, signed ones first. With `binding` off nobody waits for anything."""
    found = []
    for journey in order.parcels.journeys(line_id):
        units = order.lines[line_id].at(journey.parcel_id)
        qty = journey.qty - units.refunded - units.asked
        if has_left(journey) and qty > 0:
            ends_at = _lock_ends_at(order, journey, lock)
            locked = binding and (ends_at is None or at < ends_at)
            found.append(Sent(line_id, journey.parcel_id, qty, lock.signed_at(journey), locked, ends_at))
    return sorted(found, key=lambda units: (units.signed_at is None, units.parcel_id))


def _lock_ends_at(order: Order, journey: Journey, lock: AfterSalesLock) -> datetime | None:
    if lock.scope == "parcel_line":
        return lock.ends_for(journey)
    ends = [lock.ends_for(other) for other in _all_sent(order)]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _all_sent(order: Order) -> Iterator[Journey]:
    for line_id in order.lines:
        yield from (journey for journey in order.parcels.journeys(line_id) if has_left(journey))
