"""Where is my order? The rows of customer tracking as answers: by order, and by buyer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic_core import from_json
from sqlalchemy import RowMapping, text

from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.kinds import read_content
from ledger.policies.return_window import ReturnWindow
from projections.customer_tracking import CustomerTracking
from projections.engine.reading import Opened, Vector, Views
from projections.engine.tables import ViewTable
from projections.tracking_answer import OrderTracking
from projections.tracking_tables import LOCKS, ORDERS, PARCELS, RETURN_WINDOWS, TIMELINE
from projections.tracking_told import StoredOrder, answer

PROJECTION = CustomerTracking()
_PLATFORM_BOOK = 0  # where policies are


class AmbiguousOrder(LookupError):
    """Several merchants have an order of this id; `merchants` says which."""

    def __init__(self, order_id: str, merchants: Collection[str]) -> None:
        self.merchants = tuple(sorted(merchants))
        super().__init__(f"{len(self.merchants)} merchants have an order {order_id}: {', '.join(self.merchants)}")


def track(
    views: Views,
    order_id: str,
    *,
    merchant: str | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> OrderTracking | None:
    """The order, or None where nothing is known of it. Raises `AmbiguousOrder` without a merchant, `ViewBehind`."""

    def query(opened: Opened) -> OrderTracking | None:
        book = views.directory.known_book_of(merchant) if merchant else None
        books = list(opened.vector) if book is None else [book]
        found = _rows(opened, ORDERS, books, order_id, merchant)
        if len(found) > 1:
            raise AmbiguousOrder(order_id, [row["merchant"] for row in found])
        return _tracking(opened, found[0]) if found else None

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def orders_of_buyer(
    views: Views, buyer_ref: str, *, at_least: Vector | None = None, timeout_s: float = 5.0
) -> tuple[OrderTracking, ...]:
    """A buyer's orders, the latest first. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[OrderTracking, ...]:
        statement = f"""
            SELECT * FROM {opened.generation.stored_name(ORDERS)}
            WHERE book = ANY(:books) AND buyer_ref = :buyer AND NOT deleted
            ORDER BY placed_at DESC, order_id, merchant"""
        values = {"books": list(opened.vector), "buyer": buyer_ref}
        found = opened.connection.execute(text(statement), values).mappings().all()
        return tuple(_tracking(opened, row) for row in found)

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def _rows(
    opened: Opened, table: ViewTable, books: Sequence[int], order_id: str, merchant: str | None
) -> list[RowMapping]:
    conditions = ["book = ANY(:books)", "order_id = :order_id"]
    conditions += ["merchant = :merchant"] if merchant is not None else []
    conditions += [] if table.appended else ["NOT deleted"]
    statement = f"SELECT * FROM {opened.generation.stored_name(table)} WHERE {' AND '.join(conditions)}"
    values = {"books": list(books), "order_id": order_id, "merchant": merchant}
    return list(opened.connection.execute(text(statement), values).mappings())


def _tracking(opened: Opened, order: RowMapping) -> OrderTracking:
    key = ([order["book"]], order["order_id"], order["merchant"])
    stored = StoredOrder(
        order=order,
        parcels=_rows(opened, PARCELS, *key),
        timeline=_rows(opened, TIMELINE, *key),
        lock=_lock(opened, order["lock_version"]),
        return_windows=_return_windows(opened),
    )
    return answer(stored, opened.vector)


def _return_windows(opened: Opened) -> list[tuple[datetime, ReturnWindow]]:
    """The return windows there are, with the instants they take effect, the latest first."""
    statement = f"""
        SELECT effective_from, content FROM {opened.generation.stored_name(RETURN_WINDOWS)}
        WHERE book = :platform AND NOT deleted ORDER BY effective_from DESC, version DESC"""
    found = opened.connection.execute(text(statement), {"platform": _PLATFORM_BOOK})
    return [(at, ReturnWindow.model_validate(from_json(content))) for at, content in found]


def _lock(opened: Opened, version: int) -> AfterSalesLock | None:
    statement = f"SELECT content FROM {opened.generation.stored_name(LOCKS)} WHERE book = :platform AND version = :v"
    content = opened.connection.execute(text(statement), {"platform": _PLATFORM_BOOK, "v": version}).scalar()
    lock = read_content(AfterSalesLock.key, from_json(content)) if content else None
    return lock if isinstance(lock, AfterSalesLock) else None
