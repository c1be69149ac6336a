"""Parcels without a proven delivery, and the facts that decide on a deemed signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from ledger.deadlines import earlier
from ledger.ids import PLATFORM_BOOK
from ledger.limits import BEFORE_ALL
from ledger.policies.after_sales_lock import AfterSalesLock
from projections.engine.views import Opened, Views
from projections.tracking.tables import LOCKS, ORDERS, PARCELS
from projections.tracking.tracking import PROJECTION


@dataclass(frozen=True, slots=True)
class UnsignedParcel:
    """A parcel without a signature, and the version of its order's after-sales policy."""

    order_id: str
    merchant: str
    parcel_id: str
    lock_version: int
    dispatched_at: datetime | None
    received_at_warehouse: datetime | None
    export_released_at: datetime | None
    departed_at: datetime | None
    milestone: str
    changed_at: int
    signed_at: None = None
    evidence_kind: None = None


def deeming_locks(views: Views) -> dict[int, AfterSalesLock]:
    """Returns all published versions of the after-sales policy that deem parcels signed for."""

    def query(opened: Opened) -> dict[int, AfterSalesLock]:
        statement = f"""
            SELECT version, content FROM {opened.generation.stored_name(LOCKS)}
            WHERE book = ANY(:books) AND NOT deleted ORDER BY version"""
        found = opened.connection.execute(text(statement), {"books": list(opened.vector)})
        locks = {version: AfterSalesLock.usable(content) for version, content in found}
        return {version: lock for version, lock in locks.items() if lock and lock.deemed_signature_after is not None}

    return views.read(PROJECTION, query, books=[PLATFORM_BOOK])


# A deemed signature falls due when its time has passed since one of these instants. The policy says since which.
_ANCHORS = ("dispatched_at", "received_at_warehouse", "export_released_at", "departed_at")
_IN_THE_WINDOW = " OR ".join(f"p.{anchor} > k.due_after AND p.{anchor} <= k.due_by" for anchor in _ANCHORS)
_UNSIGNED = f"""
SELECT p.order_id, p.merchant, p.parcel_id, o.lock_version, p.dispatched_at, p.received_at_warehouse,
       p.export_released_at, p.departed_at, p.milestone, p.changed_at_position
FROM {{parcels}} p JOIN {{orders}} o ON o.book = p.book AND o.order_id = p.order_id AND o.merchant = p.merchant
JOIN unnest(CAST(:versions AS integer[]), CAST(:due_after AS timestamptz[]), CAST(:due_by AS timestamptz[]))
     AS k(version, due_after, due_by) ON k.version = o.lock_version
WHERE p.book = :book AND NOT p.deleted AND (p.signed_at IS NULL OR p.signed_at > :now)
  AND (p.changed_at_position > :since OR o.changed_at_position > :since OR {_IN_THE_WINDOW})
  AND (p.order_id, p.merchant, p.parcel_id) > (:order_id, :merchant, :parcel_id)
ORDER BY p.order_id, p.merchant, p.parcel_id LIMIT :limit"""


def unsigned_parcels(
    views: Views,
    book: int,
    locks: Mapping[int, AfterSalesLock],
    *,
    now: datetime,
    due_after: datetime = BEFORE_ALL,
    since: int = 0,
    after: tuple[str, str, str],
    limit: int,
) -> list[UnsignedParcel]:
    """Returns a page of a book's unsigned parcels under these policies, by order, merchant and parcel.

    Only parcels are returned that changed after the position `since`, or whose time may have passed after `due_after`.
    A signature later than `now` does not count yet.
    """
    terms = [(version, lock.deemed_signature_after or timedelta()) for version, lock in locks.items()]

    def query(opened: Opened) -> list[UnsignedParcel]:
        orders, parcels = (opened.generation.stored_name(table) for table in (ORDERS, PARCELS))
        values: dict[str, Any] = {"book": book, "now": now, "since": since, "limit": limit}
        values |= {"versions": [version for version, _ in terms]}
        values |= {"due_after": [earlier(due_after, term) for _, term in terms]}
        values |= {"due_by": [earlier(now, term) for _, term in terms]}
        values |= dict(zip(("order_id", "merchant", "parcel_id"), after, strict=True))
        statement = text(_UNSIGNED.format(orders=orders, parcels=parcels))
        return [UnsignedParcel(*row) for row in opened.connection.execute(statement, values)]

    return views.read(PROJECTION, query, books=[book])
