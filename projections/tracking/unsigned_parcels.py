"""Parcels without a proven delivery, and the facts that decide on a deemed signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

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

    return views.read(PROJECTION, query)


def unsigned_parcels(
    views: Views, book: int, *, now: datetime, lock_versions: list[int], after: tuple[str, str, str], limit: int
) -> list[UnsignedParcel]:
    """Returns a page of a book's unsigned parcels under these policies, by order, merchant and parcel.

    A signature later than `now` does not count yet.
    """

    def query(opened: Opened) -> list[UnsignedParcel]:
        orders, parcels = (opened.generation.stored_name(table) for table in (ORDERS, PARCELS))
        statement = f"""
            SELECT p.order_id, p.merchant, p.parcel_id, o.lock_version, p.dispatched_at, p.received_at_warehouse,
                   p.export_released_at, p.departed_at, p.milestone, p.changed_at_position
            FROM {parcels} p JOIN {orders} o ON o.book = p.book AND o.order_id = p.order_id AND o.merchant = p.merchant
            WHERE p.book = :book AND NOT p.deleted AND (p.signed_at IS NULL OR p.signed_at > :now)
              AND o.lock_version = ANY(:versions)
              AND (p.order_id, p.merchant, p.parcel_id) > (:order_id, :merchant, :parcel_id)
            ORDER BY p.order_id, p.merchant, p.parcel_id LIMIT :limit"""
        page = dict(zip(("order_id", "merchant", "parcel_id"), after, strict=True))
        found = opened.connection.execute(
            text(statement), {"book": book, "now": now, "versions": lock_versions, "limit": limit} | page
        )
        return [UnsignedParcel(*row) for row in found]

    return views.read(PROJECTION, query)
