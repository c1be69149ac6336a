"""Queries on customer tracking."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import RowMapping

from ledger.ids import PLATFORM_BOOK
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.engine.tables import ViewTable
from projections.engine.views import Opened, Vector, Views
from projections.tracking.answer import OrderTracking
from projections.tracking.answers import StoredOrder, answer
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tables import LOCKS, ORDERS, PARCELS, RETURN_WINDOWS, TIMELINE

PROJECTION = CustomerTracking()
# The platform's book may be on another server than the order's: its few rows are read first.
_ORDERS = """
WITH lock_versions AS MATERIALIZED (SELECT version, content FROM {after_sales_locks} WHERE book = %(platform)s),
window_versions AS MATERIALIZED (
    SELECT version, effective_from, content FROM {return_windows} WHERE book = %(platform)s AND NOT deleted
)
SELECT orders.*,
  ARRAY(SELECT content FROM lock_versions WHERE version <= orders.lock_version ORDER BY version DESC) AS locks,
  ARRAY(SELECT content FROM window_versions WHERE effective_from <= orders.placed_at
        ORDER BY effective_from DESC, version DESC) AS return_windows
FROM {tracked_orders} AS orders WHERE book = ANY(%(books)s) AND NOT deleted """
_OF_MERCHANT = "AND order_id = %(order_id)s AND merchant = %(merchant)s"
_OF_ANYBODY = "AND order_id = %(order_id)s"
_OF_BUYER = " AND buyer_ref = %(buyer)s"


class AmbiguousOrder(LookupError):
    """Several merchants have an order with this id. The message names them; `merchant` selects one."""

    def __init__(self, order_id: str, merchants: Collection[str]) -> None:
        self.merchants = tuple(sorted(merchants))
        super().__init__(
            f"{len(self.merchants)} merchants have an order {order_id}: {', '.join(self.merchants)}. Name the merchant."
        )


def track(
    views: Views,
    order_id: str,
    *,
    merchant: str | None = None,
    buyer: str | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> OrderTracking | None:
    """Returns the order, or None if it is unknown. With `buyer`, another buyer's order is unknown too.

    Raises `ViewBehind`, and `AmbiguousOrder` if no merchant is given.
    """

    def query(opened: Opened) -> OrderTracking | None:
        book = views.directory.known_book_of(merchant) if merchant else None
        values = {"books": list(opened.vector) if book is None else [book], "order_id": order_id, "merchant": merchant}
        which = (_OF_MERCHANT if merchant else _OF_ANYBODY) + (_OF_BUYER if buyer is not None else "")
        found = _orders(opened, which, values | {"buyer": buyer})
        if len(found) > 1:
            raise AmbiguousOrder(order_id, [row["merchant"] for row in found])
        return _tracking(opened, found[0]) if found else None

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def _orders(opened: Opened, which: str, values: Mapping[str, Any]) -> Sequence[RowMapping]:
    """Returns rows of orders, each with the policies for its answer."""
    tables = (ORDERS, LOCKS, RETURN_WINDOWS)
    statement = _ORDERS.format(**{table.name: opened.generation.stored_name(table) for table in tables}) + which
    return opened.connection.exec_driver_sql(statement, {"platform": PLATFORM_BOOK, **values}).mappings().all()


def _tracking(opened: Opened, order: RowMapping) -> OrderTracking:
    stored = StoredOrder(
        order=order,
        parcels=_of_order(opened, PARCELS, order),
        timeline=_of_order(opened, TIMELINE, order),
        lock=_lock(tuple(order["locks"])),
        return_window=_return_window(tuple(order["return_windows"])),
    )
    return answer(stored, opened.vector)


def _of_order(opened: Opened, table: ViewTable, order: RowMapping) -> Sequence[RowMapping]:
    statement = f"SELECT * FROM {opened.generation.stored_name(table)} WHERE book = %(book)s {_OF_MERCHANT}"
    statement = statement if table.appended else f"{statement} AND NOT deleted"
    values = {name: order[name] for name in ("book", "order_id", "merchant")}
    return opened.connection.exec_driver_sql(statement, values).mappings().all()


# A few policies serve all orders, so their texts are parsed once.
@cache
def _lock(contents: tuple[str, ...]) -> AfterSalesLock | None:
    """Returns the lock of the order's version, or the last usable one before it."""
    return next((lock for content in contents if (lock := AfterSalesLock.usable(content))), None)


@cache
def _return_window(contents: tuple[str, ...]) -> ReturnWindow | None:
    return next((window for _, window in ReturnWindow.in_turn(enumerate(contents))), None)
