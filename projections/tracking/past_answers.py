"""Tracking as a buyer saw it at an earlier point: the order's events up to there, folded again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.events.platform import PolicyPublished
from ledger.log.rows import Recorded
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.engine.batch import Batch
from projections.engine.tables import ViewTable
from projections.tracking.answer import OrderTracking
from projections.tracking.answers import StoredOrder, answer
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tables import ORDERS, PARCELS, TIMELINE


def tracked_then(events: Sequence[Recorded], policies: Sequence[PolicyPublished]) -> OrderTracking | None:
    """Returns the tracking of an order from its first events and the policies published by then.

    Returns None if a buyer sees nothing of them. Raises ValueError for events of several orders.
    """
    names = CustomerTracking.event_names() or frozenset()
    used = [recorded for recorded in events if recorded.type in names]
    if len({recorded.stream for recorded in used}) > 1:
        raise ValueError("these are events of several orders")
    if not used:
        return None
    batch = Batch(used[0].book, used, lambda table, keys: ())  # noqa: ARG005 - nothing was stored before
    CustomerTracking().fold(batch)
    orders = _kept(batch, ORDERS)
    if not orders:
        return None
    (order,) = orders
    timeline = [dict(zip(TIMELINE.columns, row, strict=True)) for row in batch.appended.get(TIMELINE, ())]
    lock, window = _lock(order["lock_version"], policies), _window(order["placed_at"], policies)
    stored = StoredOrder(order, _kept(batch, PARCELS), timeline, lock, window)
    return answer(stored, {used[-1].book: used[-1].position})


def _kept(batch: Batch, table: ViewTable) -> list[dict[str, Any]]:
    return [row for row in batch.rows(table).added if not row["deleted"]]


def _lock(version: int, policies: Sequence[PolicyPublished]) -> AfterSalesLock | None:
    """Returns the lock of this version, or the last usable one before it."""
    locks = [policy for policy in policies if policy.key == AfterSalesLock.key and policy.version <= version]
    locks.sort(key=lambda policy: policy.version, reverse=True)
    return next((lock for policy in locks if (lock := AfterSalesLock.usable(policy.content))), None)


def _window(placed_at: datetime | None, policies: Sequence[PolicyPublished]) -> ReturnWindow | None:
    """Returns the return window in force when the order was placed."""
    windows = [policy for policy in policies if policy.key == ReturnWindow.key]
    in_force = [policy for policy in windows if placed_at and policy.effective_from <= placed_at]
    in_force.sort(key=lambda policy: (policy.effective_from, policy.version), reverse=True)
    contents = ((policy.version, policy.content) for policy in in_force)
    return next((window for _, window in ReturnWindow.in_turn(contents)), None)
