"""Tables of customer tracking: facts and deadlines, without CNY amounts, fees and partners' names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Integer, Text

from projections.engine.batch import Row
from projections.engine.tables import appended_table, kept_table


def _text(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Text(collation="C"), primary_key=key)


def _instant(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True))  # null: it has not happened


def _order_key() -> tuple[Column[Any], ...]:
    return _text("order_id", key=True), _text("merchant", key=True)


ORDERS = kept_table(
    "tracked_orders",
    *_order_key(),
    _text("status"),  # unplaced, placed, confirmed, expired, cancelled
    _text("buyer_ref"),
    _text("market"),
    _instant("placed_at"),
    _instant("promised_by"),
    Column("lock_version", Integer, nullable=False),  # of the after-sales lock; 0 before the order is placed
    _text("lines"),  # JSON: line_id, title shown, qty, units cancelled unpaid, and units refunded unshipped
    # JSON by line: its units by parcel that are refunded, requested or awaited back by a case, and moved by repacking
    _text("units"),
    _text("refunds"),  # JSON by case: amount requested or approved, amount paid and state, in the buyer's currency
    _text("disputes"),  # JSON by dispute: state, stage, reason, units by line (empty: the whole order), cases before it
    _text("reports"),  # lines: the events of its parcels without the names of partners (`without_partners`)
    _text("unsaid"),  # JSON: hashes of the names of partners that had its parcels or charged for them (`names_of`)
)
PARCELS = kept_table(
    "tracked_parcels",
    *_order_key(),
    _text("parcel_id", key=True),
    _text("items"),  # JSON: line_id, qty, and units refunded since dispatch
    _text("stage"),
    _text("milestone"),
    _instant("occurred_at"),
    _text("location"),
    _instant("dispatched_at"),
    _instant("received_at_warehouse"),
    _instant("export_released_at"),
    _instant("departed_at"),
    _instant("signed_at"),
    _text("evidence_kind"),
    _text("came_from"),  # JSON: the parcels its units came from
    _text("went_into"),  # JSON: the parcels its units are in now
    _instant("moved_at"),
)
TIMELINE = appended_table(
    "tracking_timeline",
    _text("parcel_id", key=True),  # part of the key, because one event may be about several parcels
    _text("order_id"),
    _text("merchant"),
    _text("milestone"),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    _text("location"),
    Column("to_recipient", Boolean, nullable=False),  # true for a delivery whose recipient the carrier names
    indexes=[("order_id", "merchant")],
)
LOCKS = kept_table(
    "after_sales_locks", Column("version", Integer, primary_key=True, autoincrement=False), _text("content")
)
RETURN_WINDOWS = kept_table(
    "return_windows",
    Column("version", Integer, primary_key=True, autoincrement=False),
    _instant("effective_from"),
    _text("content"),
)

BLANK_ORDER: Row = {
    "status": "unplaced", "buyer_ref": "", "market": "", "placed_at": None, "promised_by": None, "lock_version": 0,
    "lines": "[]", "units": "{}", "refunds": "{}", "disputes": "{}", "reports": "", "unsaid": "[]",
}  # fmt: skip
BLANK_PARCEL: Row = {
    column: "" if isinstance(PARCELS.shape.c[column].type, Text) else None
    for column in PARCELS.columns
    if column not in ("book", *PARCELS.key, "changed_at_position", "deleted")
} | {
    "items": "[]", "came_from": "[]", "went_into": "[]",
}  # fmt: skip
