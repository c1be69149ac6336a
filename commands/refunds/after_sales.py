"""After-sales services for sent goods: applies the after-sales lock (20 days) to the units of each parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commands.rules import Rules
from ledger.folds.after_sales import UnitLock, unit_locks
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.streams.orders.order import Order
from ledger.streams.units.units import OrderUnits


@dataclass(frozen=True, slots=True)
class Sent:
    """Free units of a line in one parcel: not refunded, and in no case or dispute.

    `locked` is false if the lock does not bind the request.
    """

    line_id: str
    parcel_id: str
    qty: int
    lock: UnitLock
    signed_at: datetime | None
    locked: bool


def lock_of(order: Order, rules: Rules) -> AfterSalesLock:
    """Returns the lock in force when the order was placed (domain §2.3)."""
    assert order.placed is not None, "the lock is stamped on a placed order"
    return rules.policy_version(AfterSalesLock, order.placed.after_sales_lock_version)


def sent(
    order: Order, units: OrderUnits, lock: AfterSalesLock, *, at: datetime, binding: bool = True
) -> dict[str, list[Sent]]:
    """Returns each line's free units that have left, signed ones first. Without `binding`, no unit is locked."""
    found: dict[str, list[Sent]] = {line_id: [] for line_id in order.lines}
    for (line_id, parcel_id), of_units in unit_locks(order.parcels, order.lines, lock).items():
        if qty := units.at(line_id, parcel_id).free:
            found[line_id].append(
                Sent(
                    line_id=line_id,
                    parcel_id=parcel_id,
                    qty=qty,
                    lock=of_units,
                    signed_at=of_units.signed_at(at),
                    locked=binding and of_units.is_locked(at),
                )
            )
    return {
        line_id: sorted(parts, key=lambda part: (part.signed_at is None, part.parcel_id))
        for line_id, parts in found.items()
    }


def opens_at(units: Sequence[Sent], qty: int) -> datetime | None:
    """Returns when `qty` of these units (or all, if fewer) are unlocked, or None if that is not known."""
    ends = sorted(((part.lock.ends_at, part.qty) for part in units if part.locked and part.lock.ends_at), key=_by_end)
    missing = qty - sum(part.qty for part in units if not part.locked)
    for end, there in ends:
        missing -= there
        if missing <= 0:
            return end
    return None if any(part.locked and part.lock.ends_at is None for part in units) else max(ends, key=_by_end)[0]


def _by_end(part: tuple[datetime, int]) -> datetime:
    return part[0]
